import { describe, expect, it } from 'vitest';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { spawnWorker } from '../support/spawn-process.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';
const retry = { heartbeatTimeout: 1_500, heartbeatInterval: 300, attemptTimeout: 20_000 };

describe('a worker killed with SIGKILL in mid-attempt', () => {
  it('another process finishes: one result, and the trail shows the lost attempt', async () => {
    await using kit = await startCompletionKit({ workers: 0, retry });
    kit.provider.plan(model, step.once(step.hang()), step.answer('Still here'));
    const killed = await spawnWorker(kit, { retry });
    const completion = await kit.holdfast.start({ model, messages });
    await kit.provider.waitForCalls(model, 1);

    killed.child.kill('SIGKILL');
    const other = await spawnWorker(kit, { retry });
    const { attempts, answer } = await completion.result();

    expect(answer).toBe('Still here');
    expect(attempts.map(({ outcome, next }) => [outcome, next?.action])).toEqual([
      ['worker_lost', 'retry'],
      ['success', 'answer'],
    ]);
    expect(kit.provider.calls(model)).toHaveLength(2);
    expect(await kit.holdfast.get(completion.id).result()).toEqual(await completion.result());
    other.child.kill('SIGTERM');
    expect(await other.ended).toBe(0);
  });

  it('is followed by the next try within maxWaitBeforeFallback, whatever the backoff', async () => {
    const slow = { ...retry, baseDelay: 60_000, maxDelay: 60_000, maxWaitBeforeFallback: 500 };
    await using kit = await startCompletionKit({ workers: 0, retry: slow });
    kit.provider.plan(model, step.once(step.hang()), step.answer('Not a minute later'));
    const killed = await spawnWorker(kit, { retry: slow });
    const completion = await kit.holdfast.start({ model, messages, deadlineMs: 50_000 });
    await kit.provider.waitForCalls(model, 1);

    killed.child.kill('SIGKILL');
    await kit.addWorker();
    const { answer, attempts } = await completion.result();
    expect(answer).toBe('Not a minute later');
    expect(attempts[0]).toMatchObject({ outcome: 'worker_lost', next: { action: 'retry', afterMs: 500 } });
  });

  it('does not use up the attempts of the model, nor forget those made before', async () => {
    await using kit = await startCompletionKit({ workers: 0, retry: { ...retry, maxAttempts: 2 } });
    kit.provider.plan(model, step.once(step.status(500)), step.once(step.hang()), step.answer('At last'));
    const killed = await spawnWorker(kit, { retry: { ...retry, maxAttempts: 2 } });
    const completion = await kit.holdfast.start({ model, messages });
    await kit.provider.waitForCalls(model, 2);

    killed.child.kill('SIGKILL');
    await kit.addWorker();
    const { attempts } = await completion.result();

    expect(attempts.map(({ outcome }) => outcome)).toEqual(['server_error', 'worker_lost', 'success']);
  });

  it('a request that takes every worker with it goes on to the next model, and ends', async () => {
    const deadly = { ...retry, heartbeatTimeout: 800, heartbeatInterval: 200, maxAttempts: 3 };
    await using kit = await startCompletionKit({ workers: 0, retry: deadly });
    kit.provider.plan(model, step.hang());
    kit.provider.plan('claude-3-opus-20240229', step.answer('Unharmed'));
    const completion = await kit.holdfast.start({ messages });
    for (let calls = 1; calls <= 4; calls += 1) {
      const killed = await spawnWorker(kit, { retry: deadly });
      await kit.provider.waitForCalls(model, calls);
      killed.child.kill('SIGKILL');
      await killed.ended;
    }
    await kit.addWorker();
    const { attempts, model: answered } = await completion.result();
    expect(answered).toBe('claude-3-opus-20240229');
    expect(attempts.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(4).fill('worker_lost'),
      'success',
    ]);
  });
});

describe('when no worker is left', () => {
  it('the deadline holds, and whoever comes next tells what happened', async () => {
    await using kit = await startCompletionKit({ workers: 0, retry });
    kit.provider.plan(model, step.hang());
    const killed = await spawnWorker(kit, { retry });
    const completion = await kit.holdfast.start({ model, messages, deadlineMs: 3_000 });
    await kit.provider.waitForCalls(model, 1);
    killed.child.kill('SIGKILL');

    const pending = async (): Promise<number> =>
      (await kit.temporal.workflow.getHandle(completion.id).describe()).raw.pendingActivities?.length ?? 0;
    await expect.poll(pending, { timeout: 20_000 }).toBe(0);
    await kit.addWorker();

    await expect(completion.result()).rejects.toMatchObject({
      kind: 'deadline_exceeded',
      attempts: [{ model, outcome: 'worker_lost', next: { action: 'stop' } }],
    });
  });
});

describe('a worker stopped with SIGTERM in mid-attempt', () => {
  it('finishes the running attempt, and ends', async () => {
    await using kit = await startCompletionKit({ workers: 0, retry });
    kit.provider.plan(model, step.answer('Just in time', { delayMs: 1_000 }));
    const stopped = await spawnWorker(kit, { retry });
    const completion = await kit.holdfast.start({ model, messages });
    await kit.provider.waitForCalls(model, 1);

    stopped.child.kill('SIGTERM');
    expect(await stopped.ended).toBe(0);
    await kit.addWorker();
    const { attempts } = await completion.result();

    expect(attempts.map(({ outcome }) => outcome)).toEqual(['success']);
    expect(kit.provider.calls(model)).toHaveLength(1);
  });

  it('hands over an attempt that outlasts its grace, aborting the call', async () => {
    await using kit = await startCompletionKit({ workers: 0, retry: { ...retry, heartbeatTimeout: 30_000 } });
    kit.provider.plan(model, step.once(step.hang()), step.answer('Taken over'));
    const stopped = await spawnWorker(kit, {
      retry: { ...retry, heartbeatTimeout: 30_000 },
      shutdownGraceMs: 200,
    });
    const completion = await kit.holdfast.start({ model, messages });
    await kit.provider.waitForCalls(model, 1);

    stopped.child.kill('SIGTERM');
    await kit.provider.waitForAbort(model);
    expect(await stopped.ended).toBe(0);
    await kit.addWorker();
    const { attempts } = await completion.result();

    expect(attempts.map(({ outcome, next }) => [outcome, next?.action])).toEqual([
      ['worker_lost', 'retry'],
      ['success', 'answer'],
    ]);
  });
});
