import { expect, it } from 'vitest';
import { startCompletionKit } from './support/completion-kit.js';
import { step } from './support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];

it('a failing first model falls back to another provider, and the trail says why', async () => {
  await using kit = await startCompletionKit();
  kit.provider.plan('gpt-4', step.status(503, { message: 'overloaded, come back later' }));
  kit.provider.plan('claude-3-opus-20240229', step.answer('Hello from Claude'));

  const result = await kit.holdfast.complete({ messages });

  expect(result).toMatchObject({
    answer: 'Hello from Claude',
    model: 'claude-3-opus-20240229',
    requestedModel: 'gpt-4',
    fallback: { from: 'gpt-4', to: 'claude-3-opus-20240229', reason: 'overloaded' },
  });
  expect(result.attempts.map(({ model, outcome, next }) => [model, outcome, next?.action])).toEqual([
    ['gpt-4', 'overloaded', 'retry'],
    ['gpt-4', 'overloaded', 'retry'],
    ['gpt-4', 'overloaded', 'fallback'],
    ['claude-3-opus-20240229', 'success', 'answer'],
  ]);
});
