import fc from 'fast-check';
import type OpenAI from 'openai';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream.mjs';
import { describe, expect, it } from 'vitest';
import type { AnswerDelta, ChatAnswer } from '../../../contracts/chat.js';
import {
  doneData,
  openAIStreamReader,
  readOpenAI,
  writeOpenAI,
  writeOpenAIChunks,
  type OpenAIChunk,
} from '../../../wire/openai/index.js';
import { anyCarriedAnswer, lenient } from './any-chat.js';
import { fragmentsOf } from './fragments.js';

const header = { id: 'c1', model: 'gpt-4', created: 1 };
const headerOf = ({ responseId = '', upstreamModel = '' }: ChatAnswer) => ({
  id: responseId,
  model: upstreamModel,
  created: 1,
});

function readChunks(chunks: readonly OpenAIChunk[]) {
  const reader = openAIStreamReader(lenient);
  for (const chunk of chunks) reader.take({ data: JSON.stringify(chunk) });
  reader.take({ data: doneData });
  return reader.end();
}

/** The pieces that a provider's stream brings of an answer. */
function deltasOf(answer: ChatAnswer, any: Parameters<typeof fragmentsOf>[1]): AnswerDelta[] {
  const reader = openAIStreamReader(lenient);
  return fragmentsOf(writeOpenAI(answer, header), any).flatMap((event) => reader.take(event).deltas);
}

describe('an answer written in OpenAI’s format', () => {
  it('reads as the answer that it was', () => {
    fc.assert(
      fc.property(anyCarriedAnswer, (answer) => {
        const body = writeOpenAI(answer, headerOf(answer)) satisfies OpenAI.Chat.ChatCompletion;
        expect(readOpenAI(JSON.parse(JSON.stringify(body)), lenient)).toEqual({ is: 'answer', answer });
      }),
    );
  });

  const said = (fields: Partial<ChatAnswer>): ChatAnswer => ({
    text: 'Hi.',
    finishReason: 'stop',
    providerFinishReason: 'end_turn',
    ...fields,
  });

  it.each<[string, ChatAnswer, string, object]>([
    ['an end of a turn', said({}), 'stop', { content: 'Hi.', refusal: null }],
    [
      'a pause',
      said({ finishReason: 'pause', providerFinishReason: 'pause_turn', incomplete: 'pause' }),
      'length',
      { content: 'Hi.' },
    ],
    [
      'a full window',
      said({ finishReason: 'context', providerFinishReason: 'x', incomplete: 'context' }),
      'length',
      { content: 'Hi.' },
    ],
    [
      'a call',
      said({
        text: '',
        finishReason: 'tool_calls',
        providerFinishReason: 'tool_use',
        toolCalls: [{ id: 'a', name: 'weather', arguments: '{}' }],
      }),
      'tool_calls',
      {
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{}' } }],
      },
    ],
    [
      'a refusal that broke off',
      said({ finishReason: 'refusal', providerFinishReason: 'refusal', refused: true }),
      'content_filter',
      { content: 'Hi.', refusal: null },
    ],
    [
      'an unknown end',
      said({ finishReason: 'other', providerFinishReason: 'new' }),
      'stop',
      { content: 'Hi.' },
    ],
  ])('says of %s by another format’s word what its own has for it', (_, answer, reason, message) => {
    expect(writeOpenAI(answer, header)).toMatchObject({
      ...header,
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: reason, message: { role: 'assistant', ...message } }],
    });
  });
});

describe('an answer written as chunks', () => {
  it('reads as the answer that it was, whether its pieces were told before or not', () => {
    fc.assert(
      fc.property(anyCarriedAnswer, fc.gen(), (answer, any) => {
        const told = deltasOf(answer, any);
        const kept = told.slice(0, any(fc.nat, { max: told.length }));
        const writer = writeOpenAIChunks({ ...headerOf(answer), includeUsage: true });
        const chunks = [...kept.flatMap((delta) => writer.delta(delta)), ...writer.finish(answer)];
        expect(readChunks(chunks satisfies OpenAI.Chat.ChatCompletionChunk[])).toEqual({
          is: 'answer',
          answer,
        });
      }),
    );
  });

  it('begins each choice with its role, ends it with its reason, and only then tells the usage', () => {
    const answer: ChatAnswer = {
      text: 'Hello.',
      finishReason: 'stop',
      providerFinishReason: 'stop',
      usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4 },
    };
    const writer = writeOpenAIChunks({ ...header, includeUsage: true });
    const chunk = (choice: object) => ({
      ...header,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, logprobs: null, finish_reason: null, ...choice }],
      usage: null,
    });
    expect(writer.delta({ type: 'text', choice: 0, text: 'Hel' })).toEqual([
      chunk({ delta: { role: 'assistant', content: '' } }),
      chunk({ delta: { content: 'Hel' } }),
    ]);
    expect(writer.finish(answer)).toEqual([
      chunk({ delta: { content: 'lo.' } }),
      chunk({ delta: {}, finish_reason: 'stop' }),
      {
        ...header,
        object: 'chat.completion.chunk',
        choices: [],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 5,
          total_tokens: 15,
          prompt_tokens_details: { cached_tokens: 4 },
        },
      },
    ]);
  });

  it('tells no usage to who did not ask, nor one that is not known', () => {
    const answer: ChatAnswer = { text: 'Hi.', finishReason: 'stop', providerFinishReason: 'stop' };
    const usage = { inputTokens: 1, outputTokens: 1 };
    const unasked = writeOpenAIChunks({ ...header, includeUsage: false }).finish({ ...answer, usage });
    expect(unasked.some((chunk) => 'usage' in chunk)).toBe(false);
    const unknown = writeOpenAIChunks({ ...header, includeUsage: true }).finish(answer);
    expect(unknown.every(({ choices }) => choices.length === 1)).toBe(true);
  });

  it('takes back nothing that was told, even where the answer is another', () => {
    const writer = writeOpenAIChunks({ ...header, includeUsage: false });
    writer.delta({ type: 'text', choice: 0, text: 'Hello' });
    const left = writer.finish({ text: 'Bye.', finishReason: 'stop', providerFinishReason: 'stop' });
    expect(left.map(({ choices }) => choices[0]?.delta)).toEqual([{}]);
  });

  it('is the same completion to the vendor’s own stream helper', async () => {
    const answer: ChatAnswer = {
      text: 'Let me look.',
      finishReason: 'tool_calls',
      providerFinishReason: 'tool_calls',
      toolCalls: [
        { id: 'a', name: 'weather', arguments: '{"city":"Oslo"}' },
        { id: 'b', name: 'weather', arguments: '{"city":"Rome"}' },
      ],
    };
    const chunks = writeOpenAIChunks({ ...header, includeUsage: false }).finish(answer);
    const lines = new Blob(chunks.map((chunk) => `${JSON.stringify(chunk)}\n`)).stream();
    const seen = await ChatCompletionStream.fromReadableStream(lines).finalChatCompletion();
    const { choices } = writeOpenAI(answer, header);
    expect(seen).toMatchObject({
      ...header,
      choices: choices.map(({ message, finish_reason }) => ({
        finish_reason,
        message: { content: message.content, tool_calls: message.tool_calls },
      })),
    });
  });
});
