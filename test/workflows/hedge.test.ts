import { describe, expect, it } from 'vitest';
import { Attendances } from '../../activities/index.js';
import { startCompletionKit } from '../support/completion-kit.js';
import { failed, outcomes } from '../support/endings.js';
import { step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const slow = 'gpt-4';
const other = 'claude-3-opus-20240229';
const retry = { maxAttempts: 1 };
const hedge = { after: 100, maxShare: 1 };

describe('a model that is slow', () => {
  it('is hedged with the next one: the first answer wins, the other call is closed, and both are in the trail', async () => {
    await using kit = await startCompletionKit({ retry, policy: { hedge } });
    kit.provider.plan(slow, step.hang());
    kit.provider.plan(other, step.answer('Quicker'));
    const { answer, attempts, fallback, notice, costUsd } = await kit.holdfast.complete({ messages });
    const answeredAt = Date.now();
    await kit.provider.waitForAbort(slow);
    expect(Date.now() - answeredAt).toBeLessThan(1_000);
    expect(answer).toBe('Quicker');
    const because = `${other} answered first`;
    expect(attempts).toMatchObject([
      { model: slow, outcome: 'cancelled', costUsd: null, next: { action: 'stop', because } },
      { model: other, outcome: 'success', role: 'hedge', next: { action: 'answer' } },
    ]);
    expect(attempts[0]?.role).toBeUndefined();
    expect(attempts[0]?.durationMs).toBeGreaterThanOrEqual(hedge.after);
    expect(fallback).toEqual({ from: slow, to: other, reason: 'slower' });
    expect(notice).toBe(`${slow} took longer; answered by ${other}.`);
    expect(costUsd).toBeNull();
  });

  it('may still be the first: then the hedge is closed, and nothing of the answer is out of the ordinary', async () => {
    await using kit = await startCompletionKit({ retry, policy: { hedge } });
    kit.provider.plan(slow, step.answer('After all', { delayMs: 500 }));
    kit.provider.plan(other, step.hang());
    const { answer, attempts, fallback, notice } = await kit.holdfast.complete({ messages });
    await kit.provider.waitForAbort(other);
    expect([answer, fallback, notice]).toEqual(['After all', null, undefined]);
    expect(attempts.map(({ model, outcome, role }) => [model, outcome, role])).toEqual([
      [other, 'cancelled', 'hedge'],
      [slow, 'success', undefined],
    ]);
  });

  it('is not given up for a hedge that fails, nor is the hedge out of the chain', async () => {
    await using kit = await startCompletionKit({
      retry: { ...retry, attemptTimeout: 600 },
      policy: { hedge },
    });
    kit.provider.plan(slow, step.hang());
    kit.provider.plan(other, step.once(step.status(500)), step.answer('In its turn'));
    const { answer, attempts } = await kit.holdfast.complete({ messages });
    expect(answer).toBe('In its turn');
    expect(attempts.map(({ model, outcome, role }) => [model, outcome, role])).toEqual([
      [other, 'server_error', 'hedge'],
      [slow, 'timeout', undefined],
      [other, 'success', undefined],
    ]);
    expect(attempts.every(({ next }) => next !== undefined)).toBe(true);
  });

  it('is hedged as a stream until its first token; listeners hear one author', async () => {
    const attendances = new Attendances();
    await using kit = await startCompletionKit({
      retry,
      policy: { hedge: { ...hedge, after: 400 } },
      attendances,
    });
    const heard = new Set<string>();
    attendances.attend('late', { heard: ({ model }) => heard.add(model) });
    kit.provider.plan(slow, step.stream('Too late', { firstTokenAfterMs: 60_000 }));
    kit.provider.plan(other, step.stream('Token by token', { gapMs: 20 }));
    const late = await kit.holdfast.complete({ id: 'late', messages, stream: true });
    expect([late.answer, late.model, [...heard]]).toEqual(['Token by token', other, [other]]);

    kit.provider.plan(slow, step.stream('Long, yet it had begun in time', { gapMs: 150 }));
    const begun = await kit.holdfast.complete({ messages, stream: true });
    expect(begun.attempts.map(({ model }) => model)).toEqual([slow]);
    expect(kit.provider.calls(other)).toHaveLength(1);
  });
});

describe('no hedge is called', () => {
  it('when the answer comes in time', async () => {
    await using kit = await startCompletionKit({ retry, policy: { hedge: { ...hedge, after: 5_000 } } });
    kit.provider.plan(slow, step.answer('In time', { delayMs: 200 }));
    const { attempts } = await kit.holdfast.complete({ messages });
    expect(outcomes(attempts)).toEqual(['success']);
    expect(kit.provider.calls(other)).toHaveLength(0);
  });

  it('above its share of calls', async () => {
    await using kit = await startCompletionKit({ retry, policy: { hedge: { ...hedge, maxShare: 0.2 } } });
    kit.provider.plan(slow, step.answer('Slow', { delayMs: 800 }));
    kit.provider.plan(other, step.hang());
    const asked = Array.from({ length: 20 }, () => kit.holdfast.complete({ messages }));
    const answers = await Promise.all(asked);
    expect(kit.provider.calls(slow)).toHaveLength(20);
    const hedges = kit.provider.calls(other).length;
    expect(hedges).toBeGreaterThan(0);
    expect(hedges).toBeLessThanOrEqual(4);
    expect(answers.filter(({ attempts }) => attempts.length === 2)).toHaveLength(hedges);
  });

  it.each([
    ['a gate', step.status(429, { retryAfter: 60 }), {}],
    ['an open breaker', step.status(500), { circuitBreaker: { failureThreshold: 1 } }],
    ['a watched model', step.status(500), { circuitBreaker: { failureThreshold: 5 } }],
    ['a bench', step.status(404), { bench: { enabled: true } }],
  ])('while there is %s', async (_, trouble, policy) => {
    await using kit = await startCompletionKit({ retry, policy: { hedge, ...policy } });
    kit.provider.plan(other, trouble);
    await failed(kit.holdfast.complete({ model: other, messages }));
    kit.provider.plan(other, step.hang());
    kit.provider.plan(slow, step.answer('Alone', { delayMs: 500 }));
    const called = async (): Promise<string[]> =>
      (await kit.holdfast.complete({ messages })).attempts.map(({ model }) => model);
    // A breaker has to be read first.
    await expect.poll(called, { timeout: 10_000 }).toEqual([slow]);
    const calls = kit.provider.calls(other).length;
    expect(await called()).toEqual([slow]);
    expect(kit.provider.calls(other)).toHaveLength(calls);
  });

  it('when the retry budget of the slow model is spent', async () => {
    const spent = { hedge, retryBudget: { share: 0.01, floor: 1 } };
    await using kit = await startCompletionKit({ retry, policy: spent });
    kit.provider.plan(slow, step.answer('Slow', { delayMs: 500 }));
    kit.provider.plan(other, step.hang());
    for (const expected of [2, 1]) {
      const { attempts } = await kit.holdfast.complete({ messages });
      expect(attempts).toHaveLength(expected);
    }
    expect(kit.provider.calls(other)).toHaveLength(1);
  });

  it('when the budget of the completion has no room for both', async () => {
    await using kit = await startCompletionKit({ retry, policy: { hedge } });
    kit.provider.plan(slow, step.answer('Slow', { delayMs: 500 }));
    kit.provider.plan(other, step.hang());
    // About $0.06 and $0.075.
    const { attempts } = await kit.holdfast.complete({ messages, maxCostUsd: 0.1 });
    expect(attempts).toHaveLength(1);
    expect((await kit.holdfast.complete({ messages, maxCostUsd: 0.2 })).attempts).toHaveLength(2);
  });
});
