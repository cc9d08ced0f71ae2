import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { breakerId } from '../../contracts/health.js';
import { startCompletionKit, type CompletionKit, type KitOptions } from '../support/completion-kit.js';
import { monitorId } from '../../contracts/alerts.js';
import { answer } from '../support/alert-receivers.js';
import { step } from '../support/fake-provider.js';
import { startMonitorKit } from '../support/monitor-kit.js';
import { spawnWorker } from '../support/spawn-process.js';
import { BreakerEntity } from '../workflows/breaker-entity.js';
import { isRecorded, save } from './recorded-file.js';

// Records the histories that this folder does not have yet: npm run record-histories. What is there stays as it is: the
// old ones are what running completions look like, and must go on replaying.

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';
const second = 'claude-3-opus-20240229';
const cheap = 'claude-3-haiku-20240307';

const lossRetry = { heartbeatTimeout: 1_500, heartbeatInterval: 300 };
const longWait = { baseDelay: 60_000, maxDelay: 60_000, maxWaitBeforeFallback: 60_000 };
const shortBreaker = { failureThreshold: 2, recoveryTimeout: 400, successesToClose: 1 };
// From the working directory: its name is in what is recorded.
const module = './test/replay/recorded-hooks.ts';

interface Recording {
  options?: KitOptions;
  /** Runs one completion under this id to its end, whatever that is. */
  run: (kit: CompletionKit, id: string) => Promise<unknown>;
  /** Id of the workflow that is recorded, where it is not the completion. */
  workflowId?: (kit: CompletionKit) => string;
}

const recordings: Record<string, Recording> = {
  answered: {
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.answer('Hello'));
      return holdfast.complete({ id, messages });
    },
  },
  fallback: {
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(503));
      provider.plan(second, step.answer('Hello from another'));
      return holdfast.complete({ id, messages });
    },
  },
  exhausted: {
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(503));
      provider.plan(second, step.status(401));
      return expect(holdfast.complete({ id, messages })).rejects.toThrow();
    },
  },
  'unknown-model': {
    run: ({ holdfast }, id) =>
      expect(holdfast.complete({ id, model: 'gpt-5000', messages })).rejects.toThrow(),
  },
  'worker-lost': {
    options: { retry: lossRetry, workers: 0 },
    run: async (kit, id) => {
      kit.provider.plan(
        model,
        step.once(step.status(500)),
        step.once(step.hang()),
        step.answer('Still here'),
      );
      const lost = await spawnWorker(kit, { retry: lossRetry });
      const survivor = await kit.holdfast.start({ id, messages });
      await kit.provider.waitForCalls(model, 2);
      lost.child.kill('SIGKILL');
      await kit.addWorker();
      await survivor.result();
    },
  },
  cancelled: {
    run: async ({ provider, holdfast }, id) => {
      provider.plan(model, step.hang());
      const cancelled = await holdfast.start({ id, messages });
      await provider.waitForCalls(model, 1);
      await cancelled.cancel();
      await expect(cancelled.result()).rejects.toThrow();
    },
  },
  'cancelled-while-waiting': {
    options: { retry: longWait },
    run: async ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(429, { retryAfter: 60 }));
      const cancelled = await holdfast.start({ id, model, messages });
      await expect.poll(async () => (await cancelled.attempts()).length).toBe(1);
      await cancelled.cancel();
      await expect(cancelled.result()).rejects.toThrow();
    },
  },
  streamed: {
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.once(step.status(500)), step.answer('Hello, token by token'));
      return holdfast.complete({ id, messages, stream: true });
    },
  },
  budgeted: {
    run: ({ provider, holdfast }, id) => {
      provider.plan(cheap, step.answer('Hello for less'));
      return holdfast.complete({ id, models: [model, cheap], messages, maxCostUsd: 0.01 });
    },
  },
  'chosen-strategy': {
    run: ({ provider, holdfast }, id) => {
      provider.plan(second, step.answer('Hello from a program'));
      return holdfast.complete({ id, messages, task: 'help with programming' });
    },
  },
  balanced: {
    // The first turn of a rotation is that of the heaviest.
    options: { loadBalancer: { strategy: 'round_robin', models: { [model]: 1, [second]: 2 } } },
    run: ({ provider, holdfast }, id) => {
      provider.plan(second, step.status(503));
      provider.plan(model, step.answer('Hello from the next pick'));
      return holdfast.complete({ id, messages });
    },
  },
  'refreshed-context': {
    options: { hooks: { refreshContext: { reload: { module, export: 'reload' } } } },
    run: ({ provider, holdfast }, id) => {
      const later = step.status(429, { headers: { 'retry-after-ms': '600' } });
      provider.plan(model, step.once(later), step.answer('Hello anew'));
      return holdfast.complete({ id, model, messages, context: { ttlMs: 300, refresh: 'reload' } });
    },
  },
  vetoed: {
    options: { hooks: { beforeAttempt: [{ module, export: 'notFirst' }] } },
    run: ({ provider, holdfast }, id) => {
      provider.plan(second, step.answer('Hello from where it may'));
      return holdfast.complete({ id, messages });
    },
  },
  raced: {
    options: { retry: { maxAttempts: 1 }, policy: { fallback: { mode: 'concurrent' } } },
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(500));
      provider.plan(cheap, step.hang());
      provider.plan(second, step.answer('Hello from the quickest', { delayMs: 300 }));
      return holdfast.complete({ id, models: [model, cheap, second], messages });
    },
  },
  'race-lost': {
    options: { retry: { maxAttempts: 1 }, policy: { fallback: { mode: 'concurrent', maxTokens: 64 } } },
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(500));
      provider.plan(cheap, step.status(529));
      provider.plan(second, step.status(401));
      return expect(holdfast.complete({ id, models: [model, cheap, second], messages })).rejects.toThrow();
    },
  },
  hedged: {
    options: { policy: { hedge: { after: 100, maxShare: 1 } } },
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.hang());
      provider.plan(second, step.answer('Hello sooner'));
      return holdfast.complete({ id, messages });
    },
  },
  benched: {
    options: { policy: { bench: { enabled: true } } },
    run: async ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(404));
      provider.plan(second, step.answer('Hello from one that exists'));
      await holdfast.complete({ messages });
      return holdfast.complete({ id, messages });
    },
  },
  parked: {
    options: { retry: { maxAttempts: 1 }, policy: { onExhausted: 'park', circuitBreaker: shortBreaker } },
    run: ({ provider, holdfast }, id) => {
      provider.plan(
        model,
        step.once(step.status(503)),
        step.once(step.status(503)),
        step.answer('Hello, at last'),
      );
      return holdfast.complete({ id, model, messages });
    },
  },
  'parked-and-cancelled': {
    options: { retry: { maxAttempts: 1 }, policy: { onExhausted: 'park', circuitBreaker: shortBreaker } },
    run: async ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(503));
      const cancelled = await holdfast.start({ id, model, messages });
      await expect
        .poll(async () => (await cancelled.attempts()).at(-1)?.next)
        .toMatchObject({ because: expect.stringContaining('no model can be called yet') as string });
      await cancelled.cancel();
      await expect(cancelled.result()).rejects.toThrow();
    },
  },
  'parked-until-deadline': {
    options: {
      retry: { maxAttempts: 1 },
      policy: { onExhausted: 'park', circuitBreaker: { failureThreshold: 1, recoveryTimeout: 60_000 } },
    },
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(503));
      return expect(holdfast.complete({ id, model, messages, deadlineMs: 3_000 })).rejects.toThrow();
    },
  },
  'stand-in': {
    options: { policy: { onExhausted: 'standIn', standIn: 'We are busy; please try again later.' } },
    run: ({ provider, holdfast }, id) => {
      provider.plan(model, step.status(503));
      provider.plan(second, step.status(529));
      return holdfast.complete({ id, messages });
    },
  },
  breaker: {
    workflowId: ({ taskQueue }) => breakerId(taskQueue, model),
    run: async (kit) => {
      await using breaker = new BreakerEntity(kit);
      await breaker.report({ failures: 4, successes: 3, lastSuccessAgoMs: 900 });
      await breaker.report({ reporter: 'worker-2', failures: 1, gateMs: 100, lastFailure: 'timeout' });
      await breaker.until(({ phase }) => phase === 'half_open');
      await breaker.probe('failure');
      await breaker.until(({ phase }) => phase === 'half_open');
      await breaker.probe('success');
      await breaker.probe('success');
      await breaker.force({ to: 'open', by: 'ada' });
      await breaker.force({ to: 'auto', by: 'ada' });
      await breaker.state();
    },
  },
};

for (const [name, { options, run, workflowId }] of Object.entries(recordings)) {
  it.skipIf(isRecorded(name))(name, async () => {
    await using kit = await startCompletionKit(options);
    const id = `${name}-${randomUUID()}`;
    await run(kit, id);
    await save(kit, name, workflowId?.(kit) ?? id);
  });
}

it.skipIf(isRecorded('alert-delivery'))('alerts', async () => {
  await using monitor = await startMonitorKit({ windowMs: 1_500, coolDownMs: 1 });
  monitor.ops.react = answer(404);
  await monitor.report('timeout', 4);
  await monitor.report('timeout', 1);
  await monitor.report('auth_failed', 1);
  const events = async (): Promise<string[]> => (await monitor.incidents()).map(({ event }) => event);
  await expect.poll(events, { timeout: 20_000 }).toEqual(['alert', 'alert', 'all_clear', 'all_clear']);
  const [incident] = await monitor.incidents();
  await monitor.deliveryOf(incident);
  await save(monitor.kit, 'failure-monitor', monitorId(monitor.kit.taskQueue));
  await save(monitor.kit, 'alert-delivery', incident?.delivery ?? '');
});
