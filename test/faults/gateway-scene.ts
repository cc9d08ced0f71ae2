import { inject } from 'vitest';
import { ask, readStream, type Question } from '../gateway/asking.js';
import type { CompletionKit } from '../support/completion-kit.js';
import { step, type Step } from '../support/fake-provider.js';
import type { GatewayProcessInput } from '../support/gateway-process.js';
import { spawnProcess, type SpawnedProcess } from '../support/spawn-process.js';

export const model = 'gpt-4';

export interface SpawnedGateway extends SpawnedProcess {
  url: string;
}

/** A gateway for a kit's task queue in a process of its own. */
export async function spawnGateway(
  kit: CompletionKit,
  options: Partial<
    Pick<GatewayProcessInput, 'retry' | 'policy' | 'callsModels' | 'drainMs' | 'address'>
  > = {},
): Promise<SpawnedGateway> {
  const { openaiUrl, anthropicUrl } = kit.provider;
  const input: GatewayProcessInput = {
    ...inject('temporal'),
    taskQueue: kit.taskQueue,
    bundlePath: inject('bundlePath'),
    provider: { openaiUrl, anthropicUrl },
    retry: {},
    policy: {},
    callsModels: true,
    drainMs: 10_000,
    ...options,
  };
  const spawned = await spawnProcess('gateway-process.ts', input);
  const url = /^url (.*)$/m.exec(spawned.output())?.[1] ?? '';
  return { ...spawned, url };
}

/** What a client has in the end; `told` only where it may take the answer for whole. */
export type Heard =
  | { told: true; status: number; id: string; text: string; replayed: boolean }
  | { told: false; status?: number; id?: string; text: string; code?: string };

/** Asks, and reads to the end; whatever breaks on the way is an ending too. */
export async function hear(url: string, question: Omit<Question, 'model'>): Promise<Heard> {
  try {
    const response = await ask(url, { model, ...question });
    const { status, headers } = response;
    const id = headers.get('x-holdfast-id') ?? '';
    const replayed = headers.get('x-holdfast-replayed') === 'true';
    if (status !== 200) {
      await response.text();
      return { told: false, status, id, text: '', code: headers.get('x-holdfast-error') ?? '' };
    }
    if (question.stream === true) {
      const { text, done, error } = await readStream(response);
      if (done && error === undefined) return { told: true, status, id, text, replayed };
      return { told: false, status, id, text, ...(error === undefined ? {} : { code: error.code }) };
    }
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    return { told: true, status, id, text: choices[0]?.message.content ?? '', replayed };
  } catch {
    return { told: false, text: '' };
  }
}

/** Answers of which no two are equal, plain or as a stream, each after a while of its own. */
export function distinctAnswers(count: number, fromMs: number, toMs: number): Step[] {
  return Array.from({ length: count }, (_, index) => {
    // Neighbours differ much, and every run has the same ones.
    const wholeMs = fromMs + (((index * 7_919) % 101) / 100) * (toMs - fromMs);
    const text = `Answer number ${String(index)} of many`;
    return step.stream(text, { gapMs: wholeMs / 14 }, { delayMs: wholeMs / 2 });
  });
}

/** How often the provider was asked, by what it was asked. */
export function callsByContent(kit: CompletionKit): Map<string, number> {
  const calls = new Map<string, number>();
  for (const { body } of kit.provider.calls(model)) {
    const [message] = body['messages'] as { content: string }[];
    const content = message?.content ?? '';
    calls.set(content, (calls.get(content) ?? 0) + 1);
  }
  return calls;
}

/** Completions of the kit's queue that Temporal has, by status: each run counts. */
export async function runsByStatus(kit: CompletionKit): Promise<Record<string, number>> {
  const query = `TaskQueue = '${kit.taskQueue}' AND WorkflowType = 'completion'`;
  const found: Record<string, number> = {};
  for await (const { status } of kit.temporal.workflow.list({ query })) {
    found[status.name] = (found[status.name] ?? 0) + 1;
  }
  return found;
}
