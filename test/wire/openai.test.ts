import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOpenAI, toOpenAI } from '../../wire/openai.js';
import { anyAdaptations, anyRequest } from './any-request.js';

const answer = (message: object, finishReason: string | null = 'stop', changes: object = {}): unknown => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4-0613',
  choices: [
    { index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason, logprobs: null },
  ],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  ...changes,
});

describe('a request in the OpenAI format', () => {
  it('sends what was asked, less what the model is known to refuse', () => {
    fc.assert(
      fc.property(anyRequest, anyAdaptations, (request, adaptations) => {
        const { body } = toOpenAI('gpt', request, adaptations, 'max_tokens');
        const has = (parameter: string, how: string) =>
          adaptations.some((made) => made.parameter === parameter && made.how === how);
        const limit = has('maxTokens', 'dropped') ? undefined : request.maxTokens;
        const renamed = has('maxTokens', 'renamed');
        expect(body.messages).toEqual(request.messages);
        expect(body.max_tokens).toBe(renamed ? undefined : limit);
        expect(body.max_completion_tokens).toBe(renamed ? limit : undefined);
        expect(body.temperature).toBe(has('temperature', 'dropped') ? undefined : request.temperature);
        expect(body.top_p).toBe(has('topP', 'dropped') ? undefined : request.topP);
        const stop = request.stop?.length === 0 || has('stop', 'dropped') ? undefined : request.stop;
        expect(body.stop).toEqual(stop);
        expect(Object.values(JSON.parse(JSON.stringify(body)) as object)).not.toContain(null);
      }),
    );
  });
});

describe('a response in the OpenAI format', () => {
  it('reads text, ids and usage', () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    expect(readOpenAI(answer({ content: 'Hello.' }, 'stop', { usage }))).toEqual({
      is: 'answer',
      answer: {
        text: 'Hello.',
        finishReason: 'stop',
        providerFinishReason: 'stop',
        usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4, reasoningTokens: 3 },
        responseId: 'chatcmpl-1',
        upstreamModel: 'gpt-4-0613',
      },
    });
  });

  it('takes an answer without usage, ids or the fields of tomorrow', () => {
    const body = {
      choices: [{ message: { content: 'Hi.', mood: 'sunny' }, finish_reason: 'stop' }],
      new_field: 1,
    };
    expect(readOpenAI(body)).toEqual({
      is: 'answer',
      answer: { text: 'Hi.', finishReason: 'stop', providerFinishReason: 'stop' },
    });
  });

  it.each([
    ['null', null],
    ['no counts', {}],
    ['an input count of null', { prompt_tokens: null, completion_tokens: 5 }],
    ['an output count of null', { prompt_tokens: 10, completion_tokens: null }],
    ['no output count', { prompt_tokens: 10 }],
    ['words for counts', { prompt_tokens: 'ten', completion_tokens: 5 }],
    ['a negative count', { prompt_tokens: -1, completion_tokens: 5 }],
  ])('usage with %s is not known, and the answer is good', (_, usage) => {
    const reading = readOpenAI(answer({ content: 'Hi.' }, 'stop', { usage }));
    expect(reading).toMatchObject({ is: 'answer', answer: { text: 'Hi.' } });
    expect(reading).not.toHaveProperty('answer.usage');
  });

  it('usage without its details is known without them', () => {
    const counts = { prompt_tokens: 10, completion_tokens: 5 };
    for (const usage of [
      counts,
      { ...counts, prompt_tokens_details: null, completion_tokens_details: {} },
      { ...counts, prompt_tokens_details: { cached_tokens: null }, completion_tokens_details: [] },
    ]) {
      expect(readOpenAI(answer({ content: 'Hi.' }, 'stop', { usage }))).toHaveProperty('answer.usage', {
        inputTokens: 10,
        outputTokens: 5,
      });
    }
  });

  it.each([
    ['cut', answer({ content: 'Hel' }, null), 'truncated'],
    ['empty', answer({ content: '' }), 'empty'],
    ['malformed', answer({}, 'stop', { choices: [] }), 'malformed'],
    ['an error', answer({ content: 'Hi.' }, 'stop', { error: { message: 'x' } }), 'error'],
  ])('what is no answer (%s) is paid for all the same', (_, body, is) => {
    expect(readOpenAI(body)).toMatchObject({ is, usage: { inputTokens: 10, outputTokens: 5 } });
  });

  it('takes content in parts, without the thinking', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'Hello.' },
    ];
    expect(readOpenAI(answer({ content }))).toMatchObject({ is: 'answer', answer: { text: 'Hello.' } });
  });

  it.each([
    ['stop', 'Hi.', { finishReason: 'stop' }],
    ['length', 'Hi', { finishReason: 'length', incomplete: 'length' }],
    ['length', null, { finishReason: 'length', incomplete: 'length', text: '' }],
    ['content_filter', null, { finishReason: 'refusal', refused: true }],
    ['newly_invented', 'Hi.', { finishReason: 'other', providerFinishReason: 'newly_invented' }],
  ])('%s with %j -> %o', (reason, content, expected) => {
    expect(readOpenAI(answer({ content }, reason))).toMatchObject({ is: 'answer', answer: expected });
  });

  it('a refusal comes before length', () => {
    const seen = readOpenAI(answer({ content: null, refusal: 'No.' }, 'length'));
    expect(seen).toMatchObject({
      is: 'answer',
      answer: { text: 'No.', finishReason: 'refusal', refused: true },
    });
  });

  it.each([
    ['no finish_reason', answer({ content: 'Hel' }, null), 'truncated'],
    ['null content', answer({ content: null }), 'empty'],
    ['empty content', answer({ content: '' }), 'empty'],
    ['an unknown reason and nothing else', answer({ content: '' }, 'newly_invented'), 'empty'],
    ['only reasoning', answer({ content: '', reasoning_content: 'hm' }), 'empty'],
    ['a tool call nobody offered', answer({ content: null, tool_calls: [{}] }, 'tool_calls'), 'malformed'],
    ['no choices', answer({}, 'stop', { choices: [] }), 'malformed'],
    ['finish_reason error', answer({ content: 'Hel' }, 'error'), 'error'],
    ['an error beside the answer', answer({ content: 'Hi.' }, 'stop', { error: { message: 'x' } }), 'error'],
    ['an error in the choice', { choices: [{ message: {}, error: { code: 502 } }] }, 'error'],
    ['a flat error', { object: 'error', message: 'x' }, 'error'],
  ])('%s is never an answer', (_, body, is) => {
    expect(readOpenAI(body).is).toBe(is);
  });

  it.each([null, false, '', ' ', {}, [], { code: 0, message: '' }])(
    'error: %j beside an answer is none; in its place it is one, unless null or false',
    (error) => {
      expect(readOpenAI(answer({ content: 'Hi.' }, 'stop', { error })).is).toBe('answer');
      expect(readOpenAI(answer({ content: '' }, 'stop', { error })).is).toBe('empty');
      expect(readOpenAI({ error }).is).toBe(error === null || error === false ? 'malformed' : 'error');
    },
  );

  it.each(['boom', true, 500, { message: 'x' }, [{ message: 'x' }]])(
    'error: %j beside an answer is an error',
    (error) => {
      expect(readOpenAI(answer({ content: 'Hi.' }, 'stop', { error })).is).toBe('error');
    },
  );

  it('an error field of any depth is read', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(readOpenAI(answer({ content: 'Hi.' }, 'stop', { error: deep })).is).toBe('error');
  });

  it('takes any JSON at all without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (body) => void readOpenAI(body)));
  });
});
