import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTemporalProxy, type TemporalProxy } from '../client/temporal-proxy.js';
import { ask, readStream } from '../gateway/asking.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { hear, model, spawnGateway, type SpawnedGateway } from './gateway-scene.js';

const retry = { heartbeatTimeout: 10_000, heartbeatInterval: 5_000 };
const text = 'An answer that comes in several pieces';
const startMethod = 'StartWorkflowExecution';
const patience = { timeout: 30_000, interval: 100 };
/** Of a request that Temporal never answers: far more than the gateway's grace, far less than no limit at all. */
const slackMs = 8_000;
const within = (milliseconds: number): Record<string, string> => ({
  'x-holdfast-deadline': `${String(milliseconds)}ms`,
});

let kit: CompletionKit;
let proxy: TemporalProxy;
let gateway: SpawnedGateway;
beforeAll(async () => {
  kit = await startCompletionKit({ retry });
  proxy = await startTemporalProxy(inject('temporal').address);
  gateway = await spawnGateway(kit, { retry, callsModels: false, address: proxy.address });
});
afterAll(async () => {
  gateway.child.kill('SIGKILL');
  await gateway.ended;
  await proxy[Symbol.asyncDispose]();
  await kit.stop();
});

async function readiness(): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${gateway.url}/health/readiness`);
  return { status: response.status, body: await response.json() };
}

async function back(): Promise<void> {
  await proxy.mend();
  await expect.poll(async () => (await readiness()).status, patience).toBe(200);
}

describe('a gateway whose Temporal is away', () => {
  it('and back before an answer has to be recorded, which takes some tries: the stream ends properly', async () => {
    kit.provider.plan(model, step.stream(text, { gapMs: 300 }));
    const before = kit.provider.calls(model).length;
    const response = await ask(gateway.url, { model, stream: true });
    const workflow = kit.temporal.workflow.getHandle(response.headers.get('x-holdfast-id') ?? '');
    const taken = async (): Promise<unknown> => (await workflow.describe()).raw.pendingActivities?.[0]?.state;
    await expect.poll(taken, patience).toBe(2);
    let refused = 0;
    proxy.decide((method) => {
      if (method !== 'RespondActivityTaskCompleted' || refused === 3) return 'pass';
      refused += 1;
      return { status: 14, message: 'not now' };
    });
    await proxy.cut();
    await proxy.mend();
    expect(await readStream(response)).toMatchObject({ text, done: true });
    expect((await workflow.result()) as unknown).toMatchObject({ answer: text });
    expect(refused).toBe(3);
    expect(kit.provider.calls(model)).toHaveLength(before + 1);
    await expect.poll(async () => (await readiness()).status, patience).toBe(200);
  });

  it('says so within the deadline, then at once and without a provider call, and comes back by itself', async () => {
    kit.provider.plan(model, step.answer(text));
    const key = `${kit.taskQueue} asked in vain`;
    await expect.poll(readiness, patience).toEqual({ status: 200, body: { status: 'ready' } });
    await proxy.cut();
    const askedAt = Date.now();
    // Long before the deadline: a start that is not accepted soon will not be.
    const first = await ask(gateway.url, { model, key, headers: within(60_000) });
    expect(Date.now() - askedAt).toBeLessThan(5_000 + slackMs);
    expect(first.status).toBe(503);
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await first.text()).toContain('engine_unavailable');

    await expect.poll(async () => (await readiness()).status, patience).toBe(503);
    expect((await readiness()).body).toMatchObject({ reason: expect.stringContaining('Temporal') as string });
    expect((await fetch(`${gateway.url}/health/liveness`)).status).toBe(200);
    const before = kit.provider.calls(model).length;
    const known = await Promise.all(
      Array.from({ length: 20 }, (_, index) => hear(gateway.url, { stream: index % 2 === 0 })),
    );
    for (const one of known) expect(one).toMatchObject({ status: 503, code: 'engine_unavailable' });
    expect(kit.provider.calls(model)).toHaveLength(before);

    await back();
    const again = await hear(gateway.url, { key });
    expect(again).toMatchObject({ told: true, text });
    expect(await hear(gateway.url, { key })).toMatchObject({ text, id: again.id, replayed: true });
    expect(kit.provider.calls(model)).toHaveLength(before + 1);
  });

  it.each([
    ['plain', false],
    ['streamed', true],
  ])(
    'between start and record: a %s request ends soon after its deadline, without a clean end',
    async (_name, stream) => {
      const deadlineMs = 3_000;
      kit.provider.plan(model, step.stream(text, { gapMs: 50 }, { delayMs: 500 }));
      const before = kit.provider.calls(model).length;
      const starts = proxy.calls(startMethod);
      const askedAt = Date.now();
      const answer = hear(gateway.url, { stream, headers: within(deadlineMs) });
      await kit.provider.waitForCalls(model, before + 1);
      await expect.poll(() => proxy.calls(startMethod), patience).toBeGreaterThan(starts);
      await expect.poll(() => proxy.inFlight(startMethod), patience).toBe(0);
      await proxy.cut();
      const heard = await answer;
      expect(Date.now() - askedAt).toBeLessThan(deadlineMs + slackMs);
      expect(heard.told).toBe(false);
      if (stream) expect(heard).toMatchObject({ status: 200, code: 'stream_cut' });
      else expect(heard).toMatchObject({ status: 503, code: 'engine_unavailable' });
      await back();
    },
  );
});
