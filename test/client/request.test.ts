import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidRequestError, type CompletionRequest } from '../../client/index.js';
import { checkRequest } from '../../client/request.js';
import { largestRequestBytes } from '../../contracts/completion.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const manyModels = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `model-${String(index)}`);

describe('a request', () => {
  it('may name twenty models, and no more', () => {
    expect(checkRequest({ messages, models: manyModels(20) }).input.target).toMatchObject({ kind: 'models' });
    for (const count of [21, 20_000]) {
      expect(() => checkRequest({ messages, models: manyModels(count) })).toThrow(InvalidRequestError);
      expect(() => checkRequest({ messages, models: manyModels(count) })).toThrow(/at most 20 models/);
    }
  });

  it('is measured with everything that is recorded of it, not by its messages alone', () => {
    const filling = (bytes: number): CompletionRequest => ({
      messages: [{ role: 'user', content: 'x'.repeat(bytes) }],
      models: manyModels(20),
    });
    // The messages alone fit in; with the names of the models they do not.
    const bytes = largestRequestBytes - 100;
    expect(JSON.stringify({ messages: filling(bytes).messages }).length).toBeLessThan(largestRequestBytes);
    expect(() => checkRequest(filling(bytes))).toThrow(/bytes, more than the/);
    expect(checkRequest(filling(bytes - 1_000)).input.chat.messages).toHaveLength(1);
  });

  it.each([
    ['an id', { id: 'half \ud800 a character' }],
    ['an id', { id: 'nothing \0 here' }],
    ['a model', { model: 'gpt\udc00' }],
    ['a strategy', { strategy: 'a\0b' }],
  ])('with lone surrogates or control characters in %s is refused', (_, fault) => {
    expect(() => checkRequest({ messages, ...fault })).toThrow(InvalidRequestError);
  });
});

describe('odd characters in a message', () => {
  let kit: CompletionKit;
  beforeAll(async () => {
    kit = await startCompletionKit();
  });
  afterAll(() => kit.stop());

  it.each([
    ['lone surrogates', 'half \ud800 a character \udc00'],
    ['NUL and other control characters', 'a\0b\u0007\u001b[31m'],
    ['characters beyond the first plane', '🙂'.repeat(1_000)],
  ])('%s reach the provider as they are', async (_, content) => {
    kit.provider.plan('gpt-4', step.answer('Seen stranger'));
    const request: CompletionRequest = { model: 'gpt-4', messages: [{ role: 'user', content }] };
    const { id, answer } = await kit.holdfast.complete(request);
    expect(answer).toBe('Seen stranger');
    expect(kit.provider.calls('gpt-4').at(-1)?.body['messages']).toEqual([{ role: 'user', content }]);
    // The fingerprint survives as well: the same request joins, it is not taken for another.
    expect((await kit.holdfast.complete({ ...request, id })).id).toBe(id);
  });
});
