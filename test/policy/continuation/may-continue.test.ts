import { describe, expect, it } from 'vitest';
import type { AnswerDelta, ChatRequest } from '../../../contracts/chat.js';
import { isDelivered, mostDeliveredCharacters } from '../../../contracts/continuation.js';
import { mayContinue, nothingDelivered, withDelta } from '../../../policy/continuation/index.js';

const request: ChatRequest = { messages: [{ role: 'user', content: 'Tell me of the fox.' }] };
const text = (words: string): AnswerDelta => ({ type: 'text', choice: 0, text: words });
const delivered = (...deltas: AnswerDelta[]) => deltas.reduce(withDelta, nothingDelivered);
const verdict = (changes: Partial<ChatRequest>, ...deltas: AnswerDelta[]) =>
  mayContinue(delivered(text('The quick '), ...deltas), { ...request, ...changes });

describe('after a cut', () => {
  it('text is gone on from', () => {
    expect(delivered(text('The quick '), text('brown'))).toEqual({ text: 'The quick brown' });
    expect(verdict({}, text('brown'))).toEqual({ action: 'continue' });
    expect(verdict({ responseFormat: { type: 'text' }, n: 1, logprobs: false })).toEqual({
      action: 'continue',
    });
  });

  it('thoughts that nobody signed are not in the way, and not repeated', () => {
    const thought: AnswerDelta = { type: 'reasoning', choice: 0, text: 'A fox, then.' };
    expect(verdict({}, thought)).toEqual({ action: 'continue' });
    expect(delivered(thought, text('The')).text).toBe('The');
  });

  it('white space alone is no beginning: the next attempt starts anew', () => {
    expect(mayContinue(delivered(text(' \n')), request)).toEqual({ action: 'start_anew' });
    expect(mayContinue(nothingDelivered, { ...request, n: 2 })).toEqual({ action: 'start_anew' });
  });

  it.each<[string, AnswerDelta]>([
    ['a tool call', { type: 'tool_call', choice: 0, index: 0, id: 'call_1', name: 'look', arguments: '' }],
    ['refusing', { type: 'refusal', choice: 0, text: 'I cannot' }],
    ['signed', { type: 'reasoning', choice: 0, text: '', signature: 'EqQB' }],
    ['signed', { type: 'reasoning', choice: 0, text: '', redacted: 'EmwK' }],
    ['several answers', { type: 'text', choice: 1, text: 'The slow' }],
    ['more than 200000', text('x'.repeat(mostDeliveredCharacters))],
  ])('%s: refused, in words, for good', (because, delta) => {
    const refused = { action: 'refuse', because: expect.stringContaining(because) as unknown };
    expect(verdict({}, delta)).toEqual(refused);
    expect(verdict({}, delta, text(' and so on'))).toEqual(refused);
    expect(mayContinue(delivered(delta), request)).toMatchObject(
      because.startsWith('more') ? { action: 'continue' } : refused,
    );
  });

  it.each<[string, Partial<ChatRequest>]>([
    ['JSON (json_object)', { responseFormat: { type: 'json_object' } }],
    ['JSON (json_schema)', { responseFormat: { type: 'json_schema', name: 'fox', schema: {} } }],
    ['2 answers', { n: 2 }],
    ['log probabilities', { logprobs: true }],
  ])('%s: refused, in words', (because, changes) => {
    expect(verdict(changes)).toEqual({
      action: 'refuse',
      because: expect.stringContaining(because) as unknown,
    });
  });
});

it('what is carried in a report is bounded, and known again', () => {
  const long = delivered(text('x'.repeat(mostDeliveredCharacters - 1)), text('yy'), text('z'));
  expect(long.text.length).toBeLessThanOrEqual(mostDeliveredCharacters);
  expect(long.besides).toEqual(['too_much_text']);
  const crossed: unknown = JSON.parse(JSON.stringify(long));
  expect(isDelivered(crossed)).toBe(true);
  expect(isDelivered({ besides: [] })).toBe(false);
});
