import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  CompletionCancelledError,
  CompletionFailedError,
  CompletionNotFoundError,
  EngineUnavailableError,
  Holdfast,
  IdUsedForAnotherRequestError,
  InvalidRequestError,
  type Attempt,
  type CompletionRequest,
} from '../../client/index.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { spawnProcess } from '../support/spawn-process.js';
import type { StarterProcessInput } from '../support/starter-process.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';
const second = 'claude-3-opus-20240229';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

const newId = (): string => `client-test-${randomUUID()}`;

describe('a completion with an id', () => {
  it('two hundred concurrent starts of ten ids from two processes give ten workflows and ten results', async () => {
    const ids = Array.from({ length: 10 }, newId);
    kit.provider.plan(model, step.answer('The one answer', { delayMs: 50 }));
    const before = kit.provider.calls(model).length;
    const input: StarterProcessInput = { ...inject('temporal'), taskQueue: kit.taskQueue, ids, starts: 100 };
    const starters = await Promise.all([1, 2].map(() => spawnProcess('starter-process.ts', input)));
    expect(await Promise.all(starters.map(({ ended }) => ended))).toEqual([0, 0]);

    const results = starters.flatMap((starter) => readResults(starter.output()));
    expect(results).toHaveLength(200);
    expect(new Set(results.map(({ id, answer }) => `${id} ${answer}`)).size).toBe(10);
    expect(kit.provider.calls(model).length - before).toBe(10);
    for (const id of ids) {
      const { raw, runId } = await kit.temporal.workflow.getHandle(id).describe();
      expect(raw.workflowExecutionInfo?.firstRunId).toBe(runId);
    }
  });

  it('joins a running one', async () => {
    const id = newId();
    kit.provider.plan(model, step.answer('Joined', { delayMs: 300 }));
    const first = kit.holdfast.complete({ id, model, messages });
    const before = kit.provider.calls(model).length;
    await kit.provider.waitForCalls(model, before + 1);
    expect(await kit.holdfast.complete({ id, model, messages })).toEqual(await first);
    expect(kit.provider.calls(model).length).toBe(before + 1);
  });

  it('replays a finished one without another call', async () => {
    const id = newId();
    kit.provider.plan(model, step.answer('Once'));
    const first = await kit.holdfast.complete({ id, model, messages });
    const calls = kit.provider.calls(model).length;
    expect(await kit.holdfast.complete({ id, model, messages })).toEqual(first);
    expect(await kit.holdfast.get(id).result()).toEqual(first);
    expect(kit.provider.calls(model).length).toBe(calls);
  });

  it('may be started anew after it ended without an answer', async () => {
    const id = newId();
    kit.provider.plan(model, step.status(401));
    await expect(kit.holdfast.complete({ id, model, messages })).rejects.toBeInstanceOf(
      CompletionFailedError,
    );
    kit.provider.plan(model, step.answer('Key mended'));
    expect((await kit.holdfast.complete({ id, model, messages })).answer).toBe('Key mended');
  });

  it.each(['running', 'finished'])(
    'another body under the id of a %s one is a typed error',
    async (state) => {
      const id = newId();
      kit.provider.plan(model, step.answer('Mine', { delayMs: state === 'running' ? 500 : 0 }));
      const handle = await kit.holdfast.start({ id, model, messages });
      if (state === 'finished') await handle.result();
      const other = kit.holdfast.start({
        id,
        model,
        messages: [{ role: 'user', content: 'Something else' }],
      });
      await expect(other).rejects.toBeInstanceOf(IdUsedForAnotherRequestError);
      await handle.result();
    },
  );
});

describe('onAttempt', () => {
  it('tells of an attempt that Temporal retries while the next one is still running', async () => {
    kit.provider.plan(model, step.once(step.status(500)), step.hang());
    kit.provider.plan(second, step.answer('Done'));
    const seen: Attempt[] = [];
    const before = kit.provider.calls(model).length;
    const completion = kit.holdfast.complete(
      { models: [model, second], messages, deadlineMs: 8_000 },
      { onAttempt: (attempt) => void seen.push(attempt) },
    );
    await kit.provider.waitForCalls(model, before + 2);
    await expect.poll(() => seen.map(({ outcome }) => outcome)).toEqual(['server_error']);
    expect(seen[0]?.next).toMatchObject({ action: 'retry' });
    const { attempts } = await completion;
    expect(seen).toEqual(attempts);
  });

  it('that throws fails nothing', async () => {
    kit.provider.plan(model, step.answer('All the same'));
    const onAttempt = (): void => {
      throw new Error('a bug of the caller');
    };
    expect((await kit.holdfast.complete({ model, messages }, { onAttempt })).answer).toBe('All the same');
  });
});

describe('cancel', () => {
  it('aborts the provider call in flight, and the result is typed', async () => {
    kit.provider.plan(model, step.hang());
    const before = kit.provider.calls(model).length;
    const handle = await kit.holdfast.start({ models: [model, second], messages });
    await kit.provider.waitForCalls(model, before + 1);
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(CompletionCancelledError);
    await expect.poll(() => kit.provider.calls(model).at(-1)?.aborted).toBe(true);
    expect((await handle.attempts()).map(({ outcome }) => outcome)).toEqual(['cancelled']);
    await handle.cancel();
  });
});

describe('get', () => {
  it('of an unknown id is a typed error', async () => {
    const handle = kit.holdfast.get(newId());
    await expect(handle.result()).rejects.toBeInstanceOf(CompletionNotFoundError);
    await expect(handle.attempts()).rejects.toBeInstanceOf(CompletionNotFoundError);
    await expect(handle.cancel()).rejects.toBeInstanceOf(CompletionNotFoundError);
  });

  it('reads the attempts of a failed one', async () => {
    kit.provider.plan(model, step.status(401));
    const handle = await kit.holdfast.start({ model, messages });
    await expect(handle.result()).rejects.toMatchObject({ kind: 'auth_failed' });
    expect(await handle.attempts()).toMatchObject([
      { model, outcome: 'auth_failed', next: { action: 'stop' } },
    ]);
  });
});

describe('bad input is refused before anything is started', () => {
  const wrong: [string, unknown][] = [
    ['no messages', { messages: [] }],
    ['an empty message', { messages: [{ role: 'user', content: '' }] }],
    ['system messages alone', { messages: [{ role: 'system', content: 'Be kind' }] }],
    ['an unknown role', { messages: [{ role: 'robot', content: 'x' }] }],
    ['a number for content', { messages: [{ role: 'user', content: 5 }] }],
    ['an unknown field', { messages, temprature: 1 }],
    ['a model and a chain', { messages, model, chain: 'default' }],
    ['a deadline of zero', { messages, deadlineMs: 0 }],
    ['too large a request', { messages: [{ role: 'user', content: 'x'.repeat(1_600_000) }] }],
    ['nothing at all', undefined],
  ];
  it.each(wrong)('%s', async (_, request) => {
    // Callers without types can send anything.
    await expect(kit.holdfast.start(request as CompletionRequest)).rejects.toBeInstanceOf(
      InvalidRequestError,
    );
  });

  it('an unknown model is a typed failure that names those there are', async () => {
    const failure: unknown = await kit.holdfast
      .complete({ model: 'gpt-5000', messages })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'bad_request' });
    expect(String(failure)).toMatch(/no model is named "gpt-5000".*gpt-4/);
  });
});

describe('a Temporal that cannot be reached', () => {
  it.each(['refuses', 'accepts and says nothing'])(
    'and %s is a typed error that names the address, not a hang',
    async (how) => {
      const silent = createServer();
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const address = silent.address();
      if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
      if (how === 'refuses') await new Promise((resolve) => silent.close(resolve));
      const holdfast = new Holdfast({
        address: `127.0.0.1:${String(address.port)}`,
        connectTimeoutMs: 500,
        startPatienceMs: 0,
      });

      const failure: unknown = await holdfast.complete({ messages }).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(EngineUnavailableError);
      expect(String(failure)).toContain(String(address.port));
      await holdfast.close();
      silent.close();
    },
  );

  it('a task queue without a worker ends at the deadline, and says what is missing', async () => {
    const { address, namespace } = inject('temporal');
    const holdfast = new Holdfast({ address, namespace, taskQueue: newId(), lingerMs: 200 });
    const failure: unknown = await holdfast
      .complete({ messages, deadlineMs: 300 })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'deadline_exceeded' });
    expect(String(failure)).toContain('No worker on task queue');
    await holdfast.close();
  });
});

function readResults(output: string): { id: string; answer: string }[] {
  const line = /^results (.*)$/m.exec(output)?.[1];
  return line === undefined ? [] : (JSON.parse(line) as { id: string; answer: string }[]);
}
