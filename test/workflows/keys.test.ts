import { expect, it } from 'vitest';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { testEnv } from '../support/test-config.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';
const keys = ['env:TEST_KEY', 'env:TEST_KEY_2'];

it('a refused key is followed at once by the next one, within the same attempt', async () => {
  await using kit = await startCompletionKit({ keys, retry: { maxAttempts: 1 } });
  kit.provider.plan(model, step.once(step.status(401)), step.answer('Second key'));
  const { attempts } = await kit.holdfast.complete({ model, messages });
  expect(attempts.map(({ outcome, key }) => [outcome, key])).toEqual([
    ['auth_failed', 'env:TEST_KEY'],
    ['success', 'env:TEST_KEY_2'],
  ]);
  expect(kit.provider.calls(model).map(({ headers }) => headers['authorization'])).toEqual([
    `Bearer ${testEnv.TEST_KEY}`,
    `Bearer ${testEnv.TEST_KEY_2}`,
  ]);
});

it('a key that is not set costs no call; the trail says what to set', async () => {
  await using kit = await startCompletionKit({ keys, env: { TEST_KEY_2: testEnv.TEST_KEY_2 } });
  kit.provider.plan(model, step.answer('Second key'));
  const { attempts } = await kit.holdfast.complete({ model, messages });
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['auth_failed', 'success']);
  expect(attempts[0]?.message).toMatch(/TEST_KEY is not set/);
  expect(kit.provider.calls(model)).toHaveLength(1);
});

it('without any key the completion fails before any call, and says what to set', async () => {
  await using kit = await startCompletionKit({ keys, env: {} });
  await expect(kit.holdfast.complete({ messages })).rejects.toMatchObject({
    kind: 'auth_failed',
    message: expect.stringMatching(/TEST_KEY is not set/) as string,
  });
  expect(kit.provider.calls()).toEqual([]);
});
