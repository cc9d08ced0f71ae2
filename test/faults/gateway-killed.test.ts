import { describe, expect, it } from 'vitest';
import { processAskedAgainMs, processQueueWaitMs, processSilenceMs } from '../../policy/process-queue.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { spawnWorker } from '../support/spawn-process.js';
import {
  callsByContent,
  distinctAnswers,
  hear,
  model,
  runsByStatus,
  spawnGateway,
  type Heard,
  type SpawnedGateway,
} from './gateway-scene.js';

/** The heartbeat timeout that the config has as it comes. */
const retry = { heartbeatTimeout: 10_000, heartbeatInterval: 5_000 };
/** How long Temporal waits for the process that had a workflow before it gives it to another one. */
const stickyMs = 1_000;
/** How long a process may take over a step of a workflow: Temporal's default. */
const workflowTaskMs = 10_000;
const worstMs = {
  /** Killed during a call. */
  call: processSilenceMs + processAskedAgainMs + processQueueWaitMs + stickyMs,
  /** Killed while it worked on the step that asks for the call. */
  step: workflowTaskMs + processQueueWaitMs + stickyMs,
};
/** For hangs. */
const patienceMs = 180_000;

interface Asked {
  key: string;
  content: string;
  stream: boolean;
}

function questions(kit: CompletionKit, count: number): Asked[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `${kit.taskQueue} ${String(index)}`,
    content: `Question ${String(index)}`,
    stream: index % 2 === 0,
  }));
}

/** Asks all at once, and kills the gateway as soon as some have their answers. */
async function killAmidst(
  gateway: SpawnedGateway,
  asked: Asked[],
): Promise<{ heard: Heard[]; killedAt: number }> {
  const some = Math.ceil(asked.length / 5);
  let told = 0;
  let killedAt = 0;
  const heard = await Promise.all(
    asked.map(async (question) => {
      const one = await hear(gateway.url, question);
      if (one.told) told += 1;
      if (told < some || killedAt > 0) return one;
      killedAt = Date.now();
      gateway.child.kill('SIGKILL');
      return one;
    }),
  );
  // Also where none was answered.
  gateway.child.kill('SIGKILL');
  await gateway.ended;
  return { heard, killedAt };
}

interface Outcome {
  first: Heard[];
  again: Heard[];
  calls: Map<string, number>;
  callsBeforeKill: Map<string, number>;
}

/** What holds wherever the keys are asked again. */
async function expectOneAnswerEach(
  kit: CompletionKit,
  asked: Asked[],
  { first, again, calls, callsBeforeKill }: Outcome,
): Promise<void> {
  const texts = again.map(({ text }) => text);
  expect(again.filter(({ told }) => !told)).toEqual([]);
  expect(new Set(texts).size).toBe(asked.length);
  const results = await Promise.all(again.map(({ id }) => kit.holdfast.get(id ?? '').result()));
  expect(results.map(({ answer }) => answer)).toEqual(texts);
  await expect.poll(() => runsByStatus(kit), { timeout: 30_000 }).toEqual({ COMPLETED: asked.length });

  const told = first.flatMap((one, index) => (one.told ? [index] : []));
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(asked.length);
  for (const index of told) {
    const content = asked[index]?.content ?? '';
    expect(again[index]).toMatchObject({ text: first[index]?.text, replayed: true });
    expect(calls.get(content)).toBe(callsBeforeKill.get(content));
  }
  const extra = [...calls.values()].reduce((sum, count) => sum + count - 1, 0);
  const cut = asked.length - told.length;
  console.log(
    `${String(asked.length)} keyed requests, ${String(told.length)} answered before the kill, ${String(cut)} cut by it; ` +
      `asked again: answered ${String(again.length)}, lost 0; provider calls beyond one a key: ${String(extra)}`,
  );
  // At most the one that the kill cut, and none for what was answered.
  expect(extra).toBeLessThanOrEqual(cut);
}

describe('a gateway killed with SIGKILL amidst keyed requests', () => {
  it(
    'and started again: asking again gives every key its one answer',
    async () => {
      await using kit = await startCompletionKit({ workers: 0, retry });
      kit.provider.plan(model, ...distinctAnswers(300, 200, 2_000));
      const asked = questions(kit, 100);
      const { heard: first } = await killAmidst(await spawnGateway(kit, { retry }), asked);
      const callsBeforeKill = callsByContent(kit);
      const restarted = await spawnGateway(kit, { retry });
      const again = await Promise.all(asked.map((question) => hear(restarted.url, question)));
      const calls = callsByContent(kit);
      await expectOneAnswerEach(kit, asked, { first, again, calls, callsBeforeKill });
      restarted.child.kill('SIGTERM');
      expect(await restarted.ended).toBe(0);
    },
    patienceMs,
  );

  it(
    'and not started again: a worker takes over in time, and another gateway joins',
    async () => {
      await using kit = await startCompletionKit({ workers: 0, retry });
      kit.provider.plan(model, ...distinctAnswers(100, 200, 2_000));
      const asked = questions(kit, 24);
      const [killed, other, worker] = await Promise.all([
        spawnGateway(kit, { retry, callsModels: false }),
        spawnGateway(kit, { retry, callsModels: false }),
        spawnWorker(kit, { retry }),
      ]);
      const { heard: first, killedAt } = await killAmidst(killed, asked);
      const callsBeforeKill = callsByContent(kit);
      const again = await Promise.all(asked.map((question) => hear(other.url, question)));
      const calls = callsByContent(kit);
      await expectOneAnswerEach(kit, asked, { first, again, calls, callsBeforeKill });

      const waits = await takeovers(kit, again, killedAt);
      expect(waits.length).toBeGreaterThan(0);
      for (const moment of ['call', 'step'] as const) {
        const these = waits.filter((wait) => wait.moment === moment).map(({ waitMs }) => waitMs);
        console.log(
          `killed during a ${moment}: ${String(these.length)} taken over by a worker, ` +
            `${String(these[0])} to ${String(these.at(-1))} ms after the kill; worst case ${String(worstMs[moment])}`,
        );
      }
      expect(waits[0]?.waitMs).toBeGreaterThan(0);
      expect(waits.at(-1)?.waitMs).toBeLessThan(4 * worstMs.step);
      for (const spawned of [other, worker]) {
        spawned.child.kill('SIGTERM');
        expect(await spawned.ended).toBe(0);
      }
    },
    patienceMs,
  );
});

interface Takeover {
  moment: keyof typeof worstMs;
  waitMs: number;
}

/** Of each completion whose call was lost with the gateway: milliseconds from the kill to the next call; ascending. */
async function takeovers(kit: CompletionKit, heard: Heard[], killedAt: number): Promise<Takeover[]> {
  const found = await Promise.all(
    heard.map(async ({ id = '' }): Promise<Takeover[]> => {
      const { attempts } = await kit.holdfast.get(id).result();
      const [lost, next] = attempts;
      if (lost?.outcome !== 'worker_lost' || next === undefined) return [];
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['worker_lost', 'success']);
      const { events } = await kit.temporal.workflow.getHandle(id).fetchHistory();
      const slow = events?.some(
        ({ workflowTaskTimedOutEventAttributes: timedOut }) => Number(timedOut?.timeoutType) === startToClose,
      );
      return [{ moment: slow === true ? 'step' : 'call', waitMs: Date.parse(next.startedAt) - killedAt }];
    }),
  );
  return found.flat().sort((one, other) => one.waitMs - other.waitMs);
}

/** `temporal.api.enums.v1.TimeoutType` of a step that a process had begun. */
const startToClose = 1;
