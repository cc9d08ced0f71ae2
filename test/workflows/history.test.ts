import { Writable } from 'node:stream';
import { temporal } from '@temporalio/proto';
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../worker/logger.js';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { testKey } from '../support/test-config.js';

const secretPrompt = 'the prompt that belongs in no log';
const messages = [{ role: 'user' as const, content: secretPrompt }];
const model = 'gpt-4';
const second = 'claude-3-opus-20240229';
const { EventType } = temporal.api.enums.v1;

describe('what a completion leaves in Temporal', () => {
  it('a healthy one has the events of a bare one-activity workflow and one marker, no more', async () => {
    await using kit = await startCompletionKit();
    kit.provider.plan(model, step.answer('Hello'));
    const { id } = await kit.holdfast.complete({ messages });
    const { events } = await kit.temporal.workflow.getHandle(id).fetchHistory();
    const bare = [
      'WORKFLOW_EXECUTION_STARTED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
      'ACTIVITY_TASK_SCHEDULED',
      'ACTIVITY_TASK_STARTED',
      'ACTIVITY_TASK_COMPLETED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
      'WORKFLOW_EXECUTION_COMPLETED',
    ];
    const names = (events ?? []).map(({ eventType }) =>
      String(EventType[eventType ?? 0]).replace('EVENT_TYPE_', ''),
    );
    expect(names.filter((name) => name !== 'MARKER_RECORDED')).toEqual(bare);
    expect(names).toHaveLength(bare.length + 1);
  });

  it('the trail is there as current details, and the activities say what they are', async () => {
    await using kit = await startCompletionKit();
    kit.provider.plan(model, step.status(401, { message: 'no such key' }));
    kit.provider.plan(second, step.answer('Hello'));
    const { id } = await kit.holdfast.complete({ messages });

    const handle = kit.temporal.workflow.getHandle(id);
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(
      /\| 1 \| gpt-4 \| auth_failed \| .* fell back to claude-3-opus-20240229/,
    );
    expect(metadata.currentDetails).toMatch(/\| 2 \| claude-3-opus-20240229 \| success \|/);

    const { events } = await handle.fetchHistory();
    const summaries = (events ?? []).flatMap(({ userMetadata }) => {
      const payload = userMetadata?.summary;
      return payload ? [defaultPayloadConverter.fromPayload<string>(payload)] : [];
    });
    expect(summaries).toEqual([
      'chain default, 1 message',
      'gpt-4',
      'claude-3-opus-20240229 after gpt-4: auth_failed',
    ]);
  });

  it('search attributes say what was asked, and at the end only what was out of the ordinary', async () => {
    await using kit = await startCompletionKit();
    kit.provider.plan(model, step.answer('Hello'));
    const healthy = await kit.holdfast.complete({ model, messages });
    kit.provider.plan(second, step.status(401));
    const rescued = await kit.holdfast.complete({ strategy: 'coding', messages });

    expect(await attributes(kit.temporal, healthy.id)).toEqual({ HoldfastModel: ['gpt-4'] });
    expect(await attributes(kit.temporal, rescued.id)).toEqual({
      HoldfastStrategy: ['coding'],
      HoldfastModel: ['gpt-4'],
      HoldfastOutcome: ['success'],
      HoldfastAttempts: [2],
    });
  });

  it('a worker that knows of no search attributes writes none', async () => {
    await using kit = await startCompletionKit({ searchAttributes: false });
    kit.provider.plan(model, step.status(401));
    kit.provider.plan(second, step.answer('Hello'));
    const { id } = await kit.holdfast.complete({ messages });
    expect(await attributes(kit.temporal, id)).toEqual({});
  });
});

describe('what it leaves nowhere', () => {
  it('no key in history, results, errors or logs, even when the provider echoes it; no prompt in logs', async () => {
    const lines: string[] = [];
    const collect = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    await using kit = await startCompletionKit({ logger: createLogger('trace', collect) });
    const echo = step.status(401, {
      message: `Incorrect API key provided: ${testKey}. Authorization: Bearer ${testKey}`,
    });
    kit.provider.plan(
      model,
      step.once(echo),
      step.once(step.status(500, { message: `crashed with ${testKey}` })),
      echo,
    );
    kit.provider.plan(second, step.answer('Hello'));

    const written: string[] = [];
    for (const chain of [[model, second], [model, second], [model]]) {
      const handle = await kit.holdfast.start({ models: chain, messages });
      const ending: unknown = await handle.result().catch((error: unknown) => error);
      const { events } = await kit.temporal.workflow.getHandle(handle.id).fetchHistory();
      written.push(JSON.stringify(ending), String(ending), JSON.stringify(await handle.attempts()));
      written.push(decoded(events ?? []));
    }
    expect(lines.length).toBeGreaterThan(2);
    expect(written.join()).toContain('auth_failed');
    expect(kit.provider.calls(model).every(({ headers }) => JSON.stringify(headers).includes(testKey))).toBe(
      true,
    );
    expect([...written, ...lines].filter((text) => text.includes(testKey))).toEqual([]);
    expect(lines.filter((text) => text.includes(secretPrompt))).toEqual([]);
  });

  it('the logger cuts out what could hold a secret, should a line ever carry it', () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => void lines.push(line) });
    logger.info({ apiKey: testKey, call: { headers: { authorization: testKey }, messages } }, 'slip');
    expect(lines.join()).not.toContain(testKey);
    expect(lines.join()).not.toContain(secretPrompt);
  });
});

async function attributes(
  client: Awaited<ReturnType<typeof startCompletionKit>>['temporal'],
  id: string,
): Promise<Record<string, unknown>> {
  const { raw } = await client.workflow.getHandle(id).describe();
  const fields = raw.workflowExecutionInfo?.searchAttributes?.indexedFields ?? {};
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name.startsWith('Holdfast'))
      .map(([name, payload]) => {
        const value: unknown = defaultPayloadConverter.fromPayload(payload);
        return [name, Array.isArray(value) ? value : [value]];
      }),
  );
}

/** A history as text, with what its payloads hold: base64 would hide a key from a search. */
function decoded(events: temporal.api.history.v1.IHistoryEvent[]): string {
  return JSON.stringify(events, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
  );
}
