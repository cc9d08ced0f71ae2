import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { failed, outcomes } from '../support/endings.js';
import { step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const openai = 'gpt-4';
const anthropic = 'claude-3-opus-20240229';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit({ retry: { maxAttempts: 2, attemptTimeout: 1_500 } });
});
afterAll(() => kit.stop());

describe('a request that is longer than a window', () => {
  it('context_too_long is found before the call: the larger model is asked at once', async () => {
    kit.provider.plan(anthropic, step.answer('Read it all'));
    const before = kit.provider.calls(openai).length;
    const content = 'every word of this counts '.repeat(3_000);
    const { answer, attempts } = await kit.holdfast.complete({ messages: [{ role: 'user', content }] });
    expect(answer).toBe('Read it all');
    expect(outcomes(attempts)).toEqual(['context_too_long', 'success']);
    expect(kit.provider.calls(openai)).toHaveLength(before);
  });
});

describe('deadline', () => {
  it('deadline_exceeded holds over hanging models, and no call outlives it', async () => {
    kit.provider.plan(openai, step.hang());
    kit.provider.plan(anthropic, step.hang());
    const before = kit.provider.calls().length;
    const failure = await failed(kit.holdfast.complete({ messages, deadlineMs: 3_000 }));
    expect(failure.kind).toBe('deadline_exceeded');
    expect(failure.attempts.map(({ model, outcome }) => [model, outcome])).toEqual([
      [openai, 'timeout'],
      [anthropic, 'timeout'],
    ]);
    const calls = kit.provider.calls().slice(before);
    await expect.poll(() => calls.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('deadline_exceeded is what a model that hangs to the end of it comes to', async () => {
    await using patient = await startCompletionKit();
    patient.provider.plan(openai, step.hang());
    const failure = await failed(patient.holdfast.complete({ model: openai, messages, deadlineMs: 6_000 }));
    expect(failure).toMatchObject({ kind: 'deadline_exceeded', attempts: [{ outcome: 'timeout' }] });
  });

  it('a wait that does not fit the deadline is not begun', async () => {
    kit.provider.plan(openai, step.status(429, { retryAfter: 30 }));
    const failure = await failed(kit.holdfast.complete({ model: openai, messages, deadlineMs: 5_000 }));
    expect(failure).toMatchObject({ kind: 'rate_limited', retryAfterMs: 30_000 });
    expect(failure.attempts).toHaveLength(1);
  });
});
