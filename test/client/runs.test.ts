import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  CompletionCancelledError,
  CompletionFailedError,
  Holdfast,
  IdUsedForAnotherRequestError,
} from '../../client/index.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { gate, startTemporalProxy } from './temporal-proxy.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const other = [{ role: 'user' as const, content: 'Something else' }];
const model = 'gpt-4';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

const newId = (): string => `runs-test-${randomUUID()}`;

async function runsOf(id: string): Promise<number> {
  const { count } = await kit.temporal.workflow.count(`WorkflowId = "${id}"`);
  return count;
}

/** Brings a completion to each of the ends after which it may be started anew. */
const endings: Record<string, (id: string) => Promise<unknown>> = {
  failed: async (id) => {
    kit.provider.plan(model, step.status(401));
    await kit.holdfast.complete({ id, model, messages }).catch(() => undefined);
  },
  cancelled: async (id) => {
    const handle = await startHanging(id);
    await handle.cancel();
    await handle.result().catch(() => undefined);
  },
  terminated: async (id) => {
    const handle = await startHanging(id);
    await kit.temporal.workflow.getHandle(id).terminate('for a test');
    await handle.result().catch(() => undefined);
  },
  'timed out': async (id) => {
    const { address, namespace } = inject('temporal');
    const nobody = new Holdfast({ address, namespace, taskQueue: newId(), lingerMs: 100 });
    await nobody.complete({ id, model, messages, deadlineMs: 200 }).catch(() => undefined);
    await nobody.close();
  },
};

async function startHanging(id: string) {
  kit.provider.plan(model, step.hang());
  const before = kit.provider.calls(model).length;
  const handle = await kit.holdfast.start({ id, model, messages });
  await kit.provider.waitForCalls(model, before + 1);
  return handle;
}

describe.each(Object.keys(endings))('an id whose completion was %s', (ending) => {
  it('is refused to another request, and given to the same one', async () => {
    const id = newId();
    await endings[ending]?.(id);
    await expect(kit.holdfast.start({ id, model, messages: other })).rejects.toBeInstanceOf(
      IdUsedForAnotherRequestError,
    );
    kit.provider.plan(model, step.answer('Second time lucky'));
    expect((await kit.holdfast.complete({ id, model, messages })).answer).toBe('Second time lucky');
    await expect(kit.holdfast.start({ id, model, messages: other })).rejects.toBeInstanceOf(
      IdUsedForAnotherRequestError,
    );
  });
});

describe('restarting a failed id', () => {
  it('from many places at once gives one new run, and one result', async () => {
    const id = newId();
    await endings['failed']?.(id);
    kit.provider.plan(model, step.answer('Only once', { delayMs: 500 }));
    const calls = kit.provider.calls(model).length;
    const results = await Promise.all(
      Array.from({ length: 10 }, () => kit.holdfast.complete({ id, model, messages })),
    );
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(kit.provider.calls(model).length - calls).toBe(1);
    await expect.poll(() => runsOf(id)).toBe(2);
  });

  it('loses a race without a second run: both looked, one was faster', async () => {
    const { address, namespace } = inject('temporal');
    await using proxy = await startTemporalProxy(address);
    const late = new Holdfast({ address: proxy.address, namespace, taskQueue: kit.taskQueue });
    const id = newId();
    await endings['failed']?.(id);
    kit.provider.plan(model, step.answer('The faster one', { delayMs: 800 }));
    // The second start of the late one is held up until the other has restarted it.
    const { opened: after, open: release } = gate();
    proxy.decide((method) =>
      method === 'StartWorkflowExecution' && proxy.calls(method) === 2 ? { after } : 'pass',
    );
    const joining = late.start({ id, model, messages });
    await expect.poll(() => proxy.calls('StartWorkflowExecution')).toBe(2);
    const restarted = await kit.holdfast.start({ id, model, messages });
    release();
    const joined = await joining;
    expect(await joined.result()).toEqual(await restarted.result());
    expect(proxy.calls('DescribeWorkflowExecution')).toBe(2);
    await expect.poll(() => runsOf(id)).toBe(2);
    await late.close();
  });
});

describe('a fresh id', () => {
  it.each([undefined, newId()])('costs one call to Temporal: %s', async (id) => {
    const { address, namespace } = inject('temporal');
    await using proxy = await startTemporalProxy(address);
    const holdfast = new Holdfast({ address: proxy.address, namespace, taskQueue: kit.taskQueue });
    kit.provider.plan(model, step.answer('Cheap'));
    const handle = await holdfast.start({ id, model, messages });
    expect(proxy.calls('StartWorkflowExecution')).toBe(1);
    expect(proxy.calls('DescribeWorkflowExecution')).toBe(0);
    await handle.result();
    await holdfast.close();
  });
});

describe('a handle', () => {
  it('speaks of the run that it started, also when the id was started anew', async () => {
    const id = newId();
    kit.provider.plan(model, step.status(401));
    const failed = await kit.holdfast.start({ id, model, messages });
    await expect(failed.result()).rejects.toBeInstanceOf(CompletionFailedError);
    const found = kit.holdfast.get(id);
    await expect(found.result()).rejects.toMatchObject({ kind: 'auth_failed' });

    const second = await startHanging(id);
    const joined = await kit.holdfast.start({ id, model, messages });
    for (const handle of [failed, found]) {
      await expect(handle.result()).rejects.toMatchObject({ kind: 'auth_failed' });
      expect(await handle.attempts()).toMatchObject([{ outcome: 'auth_failed' }]);
      // Its run has ended, so there is nothing to cancel; the new one is none of its business.
      await handle.cancel();
    }
    expect((await kit.temporal.workflow.getHandle(id).describe()).status.name).toBe('RUNNING');
    await joined.cancel();
    await expect(second.result()).rejects.toBeInstanceOf(CompletionCancelledError);
    await expect(kit.holdfast.get(id).result()).rejects.toBeInstanceOf(CompletionCancelledError);
  });

  it('of get settles on one run, however many ask it first and whoever of them gives up', async () => {
    const { address, namespace } = inject('temporal');
    await using proxy = await startTemporalProxy(address);
    const holdfast = new Holdfast({ address: proxy.address, namespace, taskQueue: kit.taskQueue });
    kit.provider.plan(model, step.answer('The one run'));
    const { id } = await kit.holdfast.complete({ model, messages });
    const { opened: after, open: release } = gate();
    proxy.decide((method) => (method === 'DescribeWorkflowExecution' ? { after } : 'pass'));
    const handle = holdfast.get(id);
    const impatient = new AbortController();
    const gaveUp = expect(handle.result({ signal: impatient.signal })).rejects.toThrow('no longer');
    const results = [handle.result(), handle.result()];
    await expect.poll(() => proxy.calls('DescribeWorkflowExecution')).toBeGreaterThan(0);
    impatient.abort(new Error('no longer'));
    await gaveUp;
    release();
    for (const { answer } of await Promise.all(results)) expect(answer).toBe('The one run');
    expect(proxy.calls('DescribeWorkflowExecution')).toBe(1);
    await holdfast.close();
  });
});
