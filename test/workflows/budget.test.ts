import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const openai = 'gpt-4';
const cheap = 'claude-3-haiku-20240307';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit({ retry: { maxAttempts: 3 } });
});
afterAll(() => kit.stop());

// gpt-4 is expected to cost about $0.06 for the thousand tokens that are assumed, claude-3-haiku $0.00125.
describe('maxCostUsd', () => {
  it('passes over a model that would cost more, without a call', async () => {
    const before = kit.provider.calls(openai).length;
    kit.provider.plan(cheap, step.answer('For less'));
    const { answer, attempts, costUsd } = await kit.holdfast.complete({
      models: [openai, cheap],
      messages,
      maxCostUsd: 0.01,
    });
    expect(answer).toBe('For less');
    expect(attempts.map(({ model, outcome }) => [model, outcome])).toEqual([
      [openai, 'budget_exceeded'],
      [cheap, 'success'],
    ]);
    expect(attempts[0]?.message).toMatch(/expected to cost \$0\.06.*budget is \$0\.01/);
    expect(costUsd).toBeLessThan(0.01);
    expect(kit.provider.calls(openai)).toHaveLength(before);
  });

  it('fails as budget_exceeded when every model would cost more, and says what to do', async () => {
    const failed = kit.holdfast.complete({ model: openai, messages, maxCostUsd: 0.001 });
    await expect(failed).rejects.toMatchObject({ kind: 'budget_exceeded' });
  });

  it('counts what failed answers cost: no retry that the budget does not allow', async () => {
    // A paid answer that cannot be used, $0.05 of the $0.1.
    kit.provider.plan(openai, step.answer('', { usage: { inputTokens: 10, outputTokens: 800 } }));
    const before = kit.provider.calls(openai).length;
    const failed = kit.holdfast.complete({ model: openai, messages, maxCostUsd: 0.1 });
    await expect(failed).rejects.toMatchObject({
      attempts: [{ outcome: 'empty', next: { because: expect.stringContaining('budget') as string } }],
    });
    expect(kit.provider.calls(openai)).toHaveLength(before + 1);
  });

  it('is kept by what a request asks for: a small maxTokens makes the model affordable', async () => {
    kit.provider.plan(openai, step.answer('Short'));
    const { attempts } = await kit.holdfast.complete({
      model: openai,
      messages,
      maxTokens: 100,
      maxCostUsd: 0.01,
    });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['success']);
  });
});

describe('a strategy by what is asked', () => {
  it('is chosen by the task, and the result says which models were asked', async () => {
    kit.provider.plan('claude-3-opus-20240229', step.answer('def sort(): ...'));
    const { requestedModel } = await kit.holdfast.complete({ messages, task: 'help with programming' });
    expect(requestedModel).toBe('claude-3-opus-20240229');
  });
});
