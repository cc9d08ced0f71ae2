import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { CompletionCancelledError, Holdfast, HoldfastClosedError, type Attempt } from '../../client/index.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { startTemporalProxy, type TemporalProxy } from './temporal-proxy.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';
const second = 'claude-3-opus-20240229';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

async function clientBehindProxy(): Promise<{ proxy: TemporalProxy; holdfast: Holdfast }> {
  const { address, namespace } = inject('temporal');
  const proxy = await startTemporalProxy(address);
  const holdfast = new Holdfast({ address: proxy.address, namespace, taskQueue: kit.taskQueue });
  onTestFinished(async () => {
    await holdfast.close();
    await proxy[Symbol.asyncDispose]();
  });
  return { proxy, holdfast };
}

/** Resolves once the provider has the next call of the model. */
function nextCall(): Promise<unknown> {
  return kit.provider.waitForCalls(model, kit.provider.calls(model).length + 1);
}

describe('onAttempt', () => {
  it.each([
    ['throws', () => expect.unreachable('a bug of the caller')],
    ['rejects', () => Promise.reject(new Error('a bug of the caller'))],
  ])('that %s is warned about and fails nothing', async (_, onAttempt) => {
    const warnings: Error[] = [];
    const unhandled: unknown[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    const rejected = (reason: unknown): void => void unhandled.push(reason);
    process.on('warning', warned);
    process.on('unhandledRejection', rejected);
    onTestFinished(() => {
      process.off('warning', warned);
      process.off('unhandledRejection', rejected);
    });
    kit.provider.plan(model, step.answer('All the same'));
    expect((await kit.holdfast.complete({ model, messages }, { onAttempt })).answer).toBe('All the same');
    await expect.poll(() => warnings.map(({ message }) => message)).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ name: 'HoldfastWarning' });
    expect(warnings[0]?.message).toContain('a bug of the caller');
    expect(unhandled).toEqual([]);
  });

  it('does not hold up the result while a query hangs, and tells the whole trail all the same', async () => {
    const { proxy, holdfast } = await clientBehindProxy();
    proxy.decide((method) => (method === 'QueryWorkflow' ? 'hang' : 'pass'));
    kit.provider.plan(model, step.answer('Here', { delayMs: 800 }));
    const seen: Attempt[] = [];
    const handle = await holdfast.start({ model, messages });
    const telling = handle.resultTelling((attempt) => void seen.push(attempt));
    await expect.poll(() => proxy.calls('QueryWorkflow')).toBe(1);
    const { attempts } = await telling;
    // The query has not ended yet, so nobody waited for it.
    expect(proxy.inFlight('QueryWorkflow')).toBe(1);
    expect(seen).toEqual(attempts);
  });

  it('asks a worker only when the history has grown, however long nothing happens', async () => {
    const { proxy, holdfast } = await clientBehindProxy();
    kit.provider.plan(model, step.status(404));
    kit.provider.plan(second, step.answer('At last', { delayMs: 3_500 }));
    const seen: Attempt[] = [];
    const completion = holdfast.complete(
      { models: [model, second], messages },
      { onAttempt: (attempt) => void seen.push(attempt) },
    );
    await expect.poll(() => seen.map(({ outcome }) => outcome)).toEqual(['model_not_found']);
    const queries = proxy.calls('QueryWorkflow');
    const looks = proxy.calls('DescribeWorkflowExecution');
    await expect.poll(() => proxy.calls('DescribeWorkflowExecution'), { timeout: 5_000 }).toBe(looks + 3);
    // One more for a history that grew while it was read.
    expect(proxy.calls('QueryWorkflow')).toBeLessThanOrEqual(queries + 1);
    expect(seen).toHaveLength(1);
    await completion;
    expect(seen.map(({ outcome }) => outcome)).toEqual(['model_not_found', 'success']);
  });

  it('is told what Temporal itself knows while no worker answers', async () => {
    await using idle = await startCompletionKit({
      workers: 0,
      retry: { baseDelay: 60_000, maxDelay: 60_000, maxWaitBeforeFallback: 60_000 },
    });
    const worker = await idle.addWorker();
    idle.provider.plan(model, step.status(404));
    idle.provider.plan(second, step.status(429, { retryAfter: 60 }));
    const handle = await idle.holdfast.start({ models: [model, second], messages });
    await expect.poll(async () => (await handle.attempts()).length).toBe(2);
    worker.shutdown();
    await expect.poll(() => worker.getState(), { timeout: 20_000 }).toBe('STOPPED');
    const seen: Attempt[] = [];
    const ended = expect(handle.resultTelling((attempt) => void seen.push(attempt))).rejects.toBeInstanceOf(
      CompletionCancelledError,
    );
    await expect
      .poll(() => seen.map(({ outcome }) => outcome), { timeout: 30_000 })
      .toEqual(['model_not_found', 'rate_limited']);
    await idle.temporal.workflow.getHandle(handle.id).terminate('for a test');
    await ended;
  });

  it('asks no more once its Holdfast is closed', async () => {
    const { proxy, holdfast } = await clientBehindProxy();
    kit.provider.plan(model, step.hang());
    const called = nextCall();
    const handle = await holdfast.start({ model, messages });
    const ended = expect(handle.resultTelling(() => undefined)).rejects.toBeInstanceOf(HoldfastClosedError);
    await called;
    await expect.poll(() => proxy.calls('DescribeWorkflowExecution')).toBeGreaterThan(1);
    await holdfast.close();
    await ended;
    const looks = proxy.calls('DescribeWorkflowExecution');
    const { id } = handle;
    await kit.holdfast.get(id).cancel();
    await expect(kit.holdfast.get(id).result()).rejects.toBeInstanceOf(CompletionCancelledError);
    expect(proxy.calls('DescribeWorkflowExecution')).toBe(looks);
  });

  it('asks no more once waiting has failed', async () => {
    const { proxy, holdfast } = await clientBehindProxy();
    kit.provider.plan(model, step.answer('Too late', { delayMs: 2_500 }));
    const handle = await holdfast.start({ model, messages });
    proxy.decide((method) =>
      method === 'GetWorkflowExecutionHistory' ? { status: 7, message: 'not for you' } : 'pass',
    );
    await expect(handle.resultTelling(() => undefined)).rejects.toMatchObject({ code: 'engine_refused' });
    const looks = proxy.calls('DescribeWorkflowExecution');
    await kit.holdfast.get(handle.id).result();
    expect(proxy.calls('DescribeWorkflowExecution')).toBe(looks);
  });
});

describe('a signal', () => {
  it.each(['complete', 'complete with onAttempt', 'result of get'])(
    'ends the waiting of %s with its reason, and the completion goes on',
    async (how) => {
      const id = `signal-${how.replaceAll(' ', '-')}-${kit.taskQueue}`;
      const { signal, ...controller } = abortController();
      kit.provider.plan(model, step.answer('Nobody waits', { delayMs: 1_000 }));
      const called = nextCall();
      const waiting =
        how === 'result of get'
          ? kit.holdfast.start({ id, model, messages }).then(() => kit.holdfast.get(id).result({ signal }))
          : kit.holdfast.complete(
              { id, model, messages },
              how === 'complete' ? { signal } : { signal, onAttempt: () => undefined },
            );
      const reason = new Error('the browser went away');
      const ended = expect(waiting).rejects.toBe(reason);
      await called;
      controller.abort(reason);
      await ended;
      expect((await kit.temporal.workflow.getHandle(id).describe()).status.name).toBe('RUNNING');
      expect((await kit.holdfast.get(id).result()).answer).toBe('Nobody waits');
    },
  );

  it('that aborted before starts nothing', async () => {
    const calls = kit.provider.calls(model).length;
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(kit.holdfast.complete({ model, messages }, { signal })).rejects.toThrow('never mind');
    expect(kit.provider.calls(model).length).toBe(calls);
  });

  it('that many completions share is left without listeners', async () => {
    const { signal, listeners } = abortController();
    kit.provider.plan(model, step.answer('Done'));
    await kit.holdfast.complete({ model, messages }, { signal, onAttempt: () => undefined });
    expect(listeners()).toBe(0);
  });
});

/** A controller whose signal tells how many listen to it. */
function abortController(): {
  signal: AbortSignal;
  abort: (reason: unknown) => void;
  listeners: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  return {
    signal,
    abort: (reason) => controller.abort(reason),
    listeners: () => getEventListeners(signal, 'abort').length,
  };
}
