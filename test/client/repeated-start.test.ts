import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { CompletionFailedError, Holdfast } from '../../client/index.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { gate, startTemporalProxy, type Fate, type TemporalProxy } from './temporal-proxy.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

const newId = (): string => `repeated-test-${randomUUID()}`;

async function runsOf(id: string): Promise<number> {
  const { count } = await kit.temporal.workflow.count(`WorkflowId = "${id}"`);
  return count;
}

async function fail(id: string): Promise<void> {
  kit.provider.plan(model, step.status(401));
  await expect(kit.holdfast.complete({ id, model, messages })).rejects.toBeInstanceOf(CompletionFailedError);
}

describe('a start that is repeated', () => {
  async function clientBehindProxy() {
    const { address, namespace } = inject('temporal');
    const proxy = await startTemporalProxy(address);
    const holdfast = new Holdfast({
      address: proxy.address,
      namespace,
      taskQueue: kit.taskQueue,
      callTimeoutMs: 1_000,
      startPatienceMs: 20_000,
    });
    onTestFinished(async () => {
      await holdfast.close();
      await proxy[Symbol.asyncDispose]();
    });
    return { proxy, holdfast };
  }

  /** Has something happen to one of the starts, and holds up the next one until `after`. */
  function decideStart(proxy: TemporalProxy, nth: number, fate: Fate, after: Promise<void>): void {
    proxy.decide((method) => {
      if (method !== 'StartWorkflowExecution') return 'pass';
      if (proxy.calls(method) === nth) return fate;
      return proxy.calls(method) === nth + 1 ? { after } : 'pass';
    });
  }

  it.each([
    ['start', 1],
    ['restart', 2],
  ])('knows the run of a %s whose reply was lost, although that has failed', async (what, nth) => {
    const { proxy, holdfast } = await clientBehindProxy();
    const id = newId();
    if (what === 'restart') await fail(id);
    kit.provider.plan(model, step.status(401));
    const calls = kit.provider.calls(model).length;
    const { opened, open } = gate();
    decideStart(proxy, nth, 'lose', opened);
    const completion = holdfast.complete({ id, model, messages });
    const failed = expect(completion).rejects.toMatchObject({ kind: 'auth_failed' });
    await expect.poll(() => runsOf(id), { timeout: 10_000 }).toBe(nth);
    await expect(kit.holdfast.get(id).result()).rejects.toBeInstanceOf(CompletionFailedError);
    open();
    await failed;
    expect(proxy.calls('StartWorkflowExecution')).toBe(nth + 1);
    expect(kit.provider.calls(model).length - calls).toBe(1);
    await expect.poll(() => runsOf(id)).toBe(nth);
  });

  it('takes over what somebody else made of the failed run meanwhile, although that has failed too', async () => {
    const { proxy, holdfast } = await clientBehindProxy();
    const id = newId();
    await fail(id);
    const calls = kit.provider.calls(model).length;
    const { opened, open } = gate();
    // Its second start is the restart.
    decideStart(proxy, 2, 'hang', opened);
    const completion = holdfast.complete({ id, model, messages });
    const failed = expect(completion).rejects.toMatchObject({ kind: 'auth_failed' });
    await expect.poll(() => proxy.calls('StartWorkflowExecution')).toBe(2);
    await expect(kit.holdfast.complete({ id, model, messages })).rejects.toBeInstanceOf(
      CompletionFailedError,
    );
    open();
    await failed;
    expect(kit.provider.calls(model).length - calls).toBe(1);
    await expect.poll(() => runsOf(id)).toBe(2);
  });
});
