import { describe, expect, it } from 'vitest';
import type { AnswerPiece } from '../../activities/index.js';
import type { AnswerDelta, ChatAnswer } from '../../contracts/chat.js';
import type { Continuation } from '../../contracts/continuation.js';
import { LiveAnswer } from '../../gateway/live-answer.js';

const call = (args: string): AnswerDelta => ({ type: 'tool_call', choice: 0, index: 0, arguments: args });
const text = (said: string): AnswerDelta => ({ type: 'text', choice: 0, text: said });
const piece = (model: string, delta: AnswerDelta, continuation?: Continuation): AnswerPiece => ({
  model,
  attempt: 1,
  call: 0,
  delta,
  ...(continuation === undefined ? {} : { continuation }),
});

function heard(...deltas: AnswerDelta[]): LiveAnswer {
  const live = new LiveAnswer();
  for (const delta of deltas) live.heard(piece('gpt-4', delta));
  return live;
}

const answer = (rest: Partial<ChatAnswer>): ChatAnswer => ({
  text: '',
  finishReason: 'stop',
  providerFinishReason: 'stop',
  ...rest,
});
const transfer = answer({ toolCalls: [{ id: '1', name: 'transfer', arguments: '{"amount":2}' }] });
const refusal: AnswerDelta = { type: 'refusal', choice: 0, text: 'No' };
const thoughts: AnswerDelta = { type: 'reasoning', choice: 0, text: 'Hm' };

describe('an answer that was recorded elsewhere is the one that was heard', () => {
  it.each<[string, AnswerDelta[], ChatAnswer, boolean]>([
    ['where its text begins so', [text('Hel')], answer({ text: 'Hello' }), true],
    ['not where its text begins otherwise', [text('Hel')], answer({ text: 'Good day' }), false],
    ['where its tool call was told whole', [call('{"amount"'), call(':2}')], transfer, true],
    ['not where half a tool call was told', [call('{"amount"')], transfer, false],
    ['not where another call was told', [call('{"amount":9}')], transfer, false],
    ['not where a refusal was told, and this is none', [refusal], answer({ text: 'Yes' }), false],
    ['not where other thoughts were told', [thoughts], answer({ text: 'Yes' }), false],
  ])('%s', (_what, deltas, recorded, is) => {
    expect(heard(...deltas).isOf(recorded, false)).toBe(is);
  });
});

it('a continuation from another place than what was heard is none', () => {
  const live = heard(text('first '));
  const from = { from: 'gpt-4', to: 'claude', because: 'truncated', how: 'prefill', overlapCut: 0 } as const;
  live.heard(piece('claude', text('second '), { ...from, atCharacters: 6 }));
  expect(live.broken).toBeUndefined();
  live.heard({ ...piece('claude', text('SECOND '), { ...from, atCharacters: 6 }), attempt: 2 });
  expect(live.broken).toEqual({ why: 'replaced' });
  const told = live.reader().take();
  expect(told).toMatchObject([text('first '), { type: 'continued' }, text('second ')]);
});
