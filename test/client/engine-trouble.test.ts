import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import {
  EngineRefusedError,
  EngineUnavailableError,
  Holdfast,
  HoldfastClosedError,
  type HoldfastOptions,
} from '../../client/index.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { startTemporalProxy, type TemporalProxy } from './temporal-proxy.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

/** A client whose way to Temporal can be made to fail. */
async function clientBehindProxy(
  options: HoldfastOptions = {},
): Promise<{ proxy: TemporalProxy; holdfast: Holdfast }> {
  const { address, namespace } = inject('temporal');
  const proxy = await startTemporalProxy(address);
  const holdfast = new Holdfast({
    address: proxy.address,
    namespace,
    taskQueue: kit.taskQueue,
    ...options,
  });
  onTestFinished(async () => {
    await holdfast.close();
    await proxy[Symbol.asyncDispose]();
  });
  return { proxy, holdfast };
}

/** A completion whose provider is hanging; `finish` lets it answer. */
async function startHanging(holdfast: Holdfast, id = `trouble-${randomUUID()}`) {
  kit.provider.plan(model, step.once(step.hang()), step.answer('Here after all'));
  const before = kit.provider.calls(model).length;
  const handle = await holdfast.start({ id, model, messages, deadlineMs: 30_000 });
  await kit.provider.waitForCalls(model, before + 1);
  return handle;
}

const quick = { callTimeoutMs: 300, connectTimeoutMs: 300, startPatienceMs: 0 };

describe('an outage while waiting', () => {
  it.each(['start', 'a start that joins', 'get'])('is waited out by the handle of %s', async (from) => {
    // What is set here gives no patience at all; the completion's own deadline does.
    const { proxy, holdfast } = await clientBehindProxy({ ...quick, deadlineMs: 1, lingerMs: 1 });
    const id = `outage-${randomUUID()}`;
    const request = { id, model, messages, deadlineMs: 30_000 };
    kit.provider.plan(model, step.answer('Still there', { delayMs: 1_500 }));
    if (from !== 'start') await kit.holdfast.start(request);
    const handle = from === 'get' ? holdfast.get(id) : await holdfast.start(request);
    const result = handle.result();
    await expect.poll(() => proxy.calls('GetWorkflowExecutionHistory')).toBe(1);
    await proxy.cut();
    // The other client sees it end while this one sees nothing.
    await kit.holdfast.get(id).result();
    await proxy.mend();
    expect((await result).answer).toBe('Still there');
  });

  it('from before the first word of get is waited out for the deadline that is set here', async () => {
    const { proxy, holdfast } = await clientBehindProxy({ ...quick, lingerMs: 100 });
    kit.provider.plan(model, step.answer('Found'));
    const { id } = await kit.holdfast.complete({ model, messages });
    proxy.decide(() => 'hang');
    const result = holdfast.get(id).result();
    // Longer than `lingerMs`, and than a first try.
    await expect.poll(() => proxy.calls('GetSystemInfo'), { timeout: 10_000 }).toBeGreaterThan(2);
    proxy.decide(() => 'pass');
    expect((await result).answer).toBe('Found');
  });

  it('ends as a typed error when the completion must have ended long ago', async () => {
    const { proxy, holdfast } = await clientBehindProxy({ ...quick, deadlineMs: 400, lingerMs: 100 });
    kit.provider.plan(model, step.hang());
    const handle = await holdfast.start({ model, messages });
    proxy.decide(() => 'hang');
    await expect(handle.result()).rejects.toBeInstanceOf(EngineUnavailableError);
  });
});

describe('a Temporal that accepts connections and answers nothing', () => {
  it('fails every call with a typed error', async () => {
    const { proxy, holdfast } = await clientBehindProxy(quick);
    const handle = await startHanging(holdfast);
    proxy.decide(() => 'hang');
    for (const call of [
      () => holdfast.start({ model, messages }),
      () => handle.attempts(),
      () => handle.cancel(),
      () => holdfast.get(handle.id).cancel(),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(EngineUnavailableError);
    }
    proxy.decide(() => 'pass');
    await handle.cancel();
  });

  it('and comes back is waited for by result()', async () => {
    const { proxy, holdfast } = await clientBehindProxy(quick);
    kit.provider.plan(model, step.answer('Awake'));
    proxy.decide((method) => (method === 'GetWorkflowExecutionHistory' ? 'hang' : 'pass'));
    const handle = await holdfast.start({ model, messages });
    const result = handle.result();
    await expect.poll(() => proxy.calls('GetWorkflowExecutionHistory')).toBe(1);
    proxy.decide(() => 'hang');
    await expect.poll(() => proxy.calls('DescribeWorkflowExecution'), { timeout: 10_000 }).toBeGreaterThan(0);
    proxy.decide(() => 'pass');
    expect((await result).answer).toBe('Awake');
  });

  it('does not make a healthy long wait fail', async () => {
    // So that a poll is cut after 600 ms.
    const { proxy, holdfast } = await clientBehindProxy({ ...quick, callTimeoutMs: 100 });
    kit.provider.plan(model, step.answer('Slow but well', { delayMs: 3_000 }));
    const handle = await holdfast.start({ model, messages, deadlineMs: 30_000 });
    expect((await handle.result()).answer).toBe('Slow but well');
    const polls = proxy.calls('GetWorkflowExecutionHistory');
    expect(polls).toBeGreaterThan(2);
    // One for each time that it was cut: none that Temporal answered early, to be asked again at once.
    expect(polls).toBeLessThan(10);
  });
});

describe('a Temporal that says no', () => {
  it.each([
    [3, 'the payload is odd', /payload is odd/],
    [7, 'no access for you', /no access for you.*credentials/],
    [12, 'unknown service', /unknown service.*Temporal server/],
    [16, 'who are you', /who are you.*TEMPORAL_API_KEY/],
  ])('with gRPC status %i is a typed error with its words and a remedy', async (status, message, words) => {
    const { proxy, holdfast } = await clientBehindProxy();
    proxy.decide((method) => (method === 'StartWorkflowExecution' ? { status, message } : 'pass'));
    const failure: unknown = await holdfast.start({ model, messages }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EngineRefusedError);
    expect(failure).toMatchObject({ code: 'engine_refused' });
    expect(String(failure)).toMatch(words);
    expect(String(failure)).not.toContain('Failed to start Workflow');
    expect(proxy.calls('StartWorkflowExecution')).toBe(1);
  });

  it('to the credentials already when it is connected to', async () => {
    const { proxy, holdfast } = await clientBehindProxy();
    proxy.decide(() => ({ status: 16, message: 'who are you' }));
    await expect(holdfast.start({ model, messages })).rejects.toBeInstanceOf(EngineRefusedError);
    expect(proxy.calls('GetSystemInfo')).toBe(1);
  });

  it('to the namespace, and the error names it', async () => {
    const { holdfast } = await clientBehindProxy({ namespace: 'nowhere' });
    for (const call of [() => holdfast.start({ model, messages }), () => holdfast.get('any').result()]) {
      const failure: unknown = await call().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(EngineRefusedError);
      expect(String(failure)).toMatch(/nowhere.*TEMPORAL_NAMESPACE/);
    }
  });

  it('because of settings that contradict each other is no outage', async () => {
    const { holdfast } = await clientBehindProxy({ apiKey: 'a', metadata: { Authorization: 'Bearer b' } });
    await expect(holdfast.start({ model, messages })).rejects.toBeInstanceOf(EngineRefusedError);
  });
});

describe('a Temporal that has too much to do', () => {
  it('is waited for by a start within its patience', async () => {
    const { proxy, holdfast } = await clientBehindProxy({ startPatienceMs: 20_000 });
    proxy.decide((method) =>
      method === 'StartWorkflowExecution' && proxy.calls(method) < 4
        ? { status: 8, message: 'namespace rate limit exceeded' }
        : 'pass',
    );
    kit.provider.plan(model, step.answer('In the end'));
    expect((await holdfast.complete({ model, messages })).answer).toBe('In the end');
    expect(proxy.calls('StartWorkflowExecution')).toBe(4);
  });

  it('and no patience left is a typed error with its words', async () => {
    const { proxy, holdfast } = await clientBehindProxy({ startPatienceMs: 0 });
    proxy.decide(() => ({ status: 8, message: 'namespace rate limit exceeded' }));
    const failure: unknown = await holdfast.start({ model, messages }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EngineUnavailableError);
    expect(String(failure)).toMatch(/is limiting requests \(namespace rate limit exceeded\)/);
    expect(String(failure)).not.toMatch(/cannot be reached|holdfast up/);
  });
});

describe('close', () => {
  it('ends what still waits, at once and for good', async () => {
    const { proxy, holdfast } = await clientBehindProxy();
    const handle = await startHanging(holdfast);
    const waiting = expect(handle.result()).rejects.toBeInstanceOf(HoldfastClosedError);
    await expect.poll(() => proxy.calls('GetWorkflowExecutionHistory')).toBe(1);
    await holdfast.close();
    await waiting;
    await expect(holdfast.start({ model, messages })).rejects.toBeInstanceOf(HoldfastClosedError);
    await kit.holdfast.get(handle.id).cancel();
  });
});

describe('what is sent with a call', () => {
  it('has the headers that were set', async () => {
    const { proxy, holdfast } = await clientBehindProxy({ metadata: { 'x-team': 'blue' } });
    kit.provider.plan(model, step.answer('Blue'));
    await holdfast.complete({ model, messages });
    expect(proxy.headers('StartWorkflowExecution')?.['x-team']).toBe('blue');
  });

  it.each([true, false])('has search attributes when they are wanted: %s', async (searchAttributes) => {
    const { holdfast } = await clientBehindProxy({ searchAttributes });
    kit.provider.plan(model, step.answer('Found or not'));
    const { id } = await holdfast.complete({ model, messages });
    const { raw } = await kit.temporal.workflow.getHandle(id).describe();
    const names = Object.keys(raw.workflowExecutionInfo?.searchAttributes?.indexedFields ?? {});
    expect(names.includes('HoldfastModel')).toBe(searchAttributes);
  });
});
