import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf, type ChatRequest } from '../../contracts/chat.js';
import { readAnthropic, toAnthropic, type AnthropicTurn } from '../../wire/anthropic.js';
import { anyAdaptations, anyRequest } from './any-request.js';

const translate = (request: ChatRequest) => toAnthropic('claude', request, []).body;
const texts = ({ content }: AnthropicTurn): string[] =>
  typeof content === 'string' ? [content] : content.map(({ text }) => text);

const answer = (changes: object): unknown => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-3-opus-20240229',
  content: [{ type: 'text', text: 'Hello.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
  ...changes,
});

describe('a request in the Anthropic format', () => {
  it('keeps every word that was said, in order, and by whom', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const body = translate(request);
        const said = request.messages.filter(({ content }) => textOf(content).trim() !== '');
        const turns = said.filter(({ role }) => role !== 'system');
        const system = said.filter(({ role }) => role === 'system').map(({ content }) => content);
        if (turns.length === 0) return;
        expect(body.messages.flatMap(texts)).toEqual(turns.map(({ content }) => content));
        expect(body.messages.flatMap((turn) => texts(turn).map(() => turn.role))).toEqual(
          turns.map(({ role }) => role),
        );
        expect(body.system).toBe(system.length === 0 ? undefined : system.join('\n\n'));
      }),
    );
  });

  it('alternates roles, always names a limit, and stays in the range of the temperature', () => {
    fc.assert(
      fc.property(anyRequest, anyAdaptations, (request, adaptations) => {
        const { body, adapted } = toAnthropic('claude', request, adaptations);
        body.messages.forEach(({ role }, at) => expect(role).not.toBe(body.messages[at - 1]?.role));
        expect(body.max_tokens).toBeGreaterThan(0);
        expect(body.temperature ?? 0).toBeLessThanOrEqual(1);
        const changed = body.temperature !== undefined && body.temperature !== request.temperature;
        expect(adapted).toEqual(changed ? [{ parameter: 'temperature', how: 'clamped' }] : []);
      }),
    );
  });

  it('maps the parameters', () => {
    const messages = [{ role: 'user' as const, content: 'Hi.' }];
    expect(translate({ messages })).toEqual({ model: 'claude', max_tokens: 4_096, messages });
    expect(translate({ messages, maxTokens: 9, temperature: 0.3, topP: 0.8, stop: ['END'] })).toEqual({
      model: 'claude',
      max_tokens: 9,
      messages,
      temperature: 0.3,
      top_p: 0.8,
      stop_sequences: ['END'],
    });
  });

  it('lets instructions alone be what the user says', () => {
    expect(translate({ messages: [{ role: 'system', content: 'Write a poem.' }] })).toEqual({
      model: 'claude',
      max_tokens: 4_096,
      messages: [{ role: 'user', content: 'Write a poem.' }],
    });
  });
});

describe('the token limit of a request that sets none', () => {
  const limit = (model: string, bytes = 10, contextWindow?: number): number => {
    const messages = [{ role: 'user' as const, content: 'x'.repeat(bytes) }];
    return toAnthropic(model, { messages }, [], contextWindow).body.max_tokens;
  };

  it.each([
    ['claude-3-opus-20240229', 4_096],
    ['claude-3-haiku-20240307', 4_096],
    ['claude-3-5-sonnet-20241022', 8_192],
    ['claude-3-7-sonnet-20250219', 21_333],
    ['claude-opus-4-20250514', 8_192],
    ['claude-opus-4-0', 8_192],
    ['claude-opus-4-1-20250805', 8_192],
    ['claude-opus-4-1', 8_192],
    ['claude-sonnet-4-20250514', 21_333],
    ['claude-opus-4-5-20251101', 21_333],
    ['claude-haiku-4-5', 21_333],
    ['claude-sonnet-5', 21_333],
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 21_333],
    ['glm-4.6', 4_096],
  ])('is the most that %s writes in a plain call: %d', (model, tokens) => {
    expect(limit(model)).toBe(tokens);
  });

  it.each([
    ['the whole answer fits beside the question', 200_000 - 21_333, undefined, 21_333],
    ['the question leaves less for sure', 200_000 - 21_332, undefined, 21_332],
    ['the bytes fill the window, the tokens perhaps not', 600_000, undefined, 4_096],
    ['the window is larger', 600_000, 1_000_000, 21_333],
    ['the window is small', 48, 2_048, 2_000],
    ['the window is small and its bytes are filled', 5_000, 2_048, 1_024],
  ])('stays within the window: %s', (_, bytes, window, tokens) => {
    expect(limit('claude-haiku-4-5', bytes, window)).toBe(tokens);
  });

  it('is the one that was asked for when there is one', () => {
    const request = { messages: [{ role: 'user' as const, content: 'Hi.' }], maxTokens: 50_000 };
    expect(toAnthropic('claude-haiku-4-5', request, []).body.max_tokens).toBe(50_000);
  });
});

describe('a response in the Anthropic format', () => {
  it('counts cached tokens among the input', () => {
    const usage = {
      input_tokens: 10,
      output_tokens: 5,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 20,
      output_tokens_details: { thinking_tokens: 2 },
    };
    expect(readAnthropic(answer({ usage }))).toMatchObject({
      is: 'answer',
      answer: { usage: { inputTokens: 130, outputTokens: 5, cachedInputTokens: 100, reasoningTokens: 2 } },
    });
  });

  it.each([
    ['null', null],
    ['no counts', {}],
    ['an input count of null', { input_tokens: null, output_tokens: 5 }],
    ['no output count', { input_tokens: 10 }],
    ['words for counts', { input_tokens: 'ten', output_tokens: 5 }],
    ['a negative count', { input_tokens: -1, output_tokens: 5 }],
  ])('usage with %s is not known, and the answer is good', (_, usage) => {
    const reading = readAnthropic(answer({ usage }));
    expect(reading).toMatchObject({ is: 'answer', answer: { text: 'Hello.' } });
    expect(reading).not.toHaveProperty('answer.usage');
  });

  it('usage without its details is known without them', () => {
    const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: null };
    for (const output_tokens_details of [null, {}, { thinking_tokens: null }]) {
      expect(readAnthropic(answer({ usage: { ...usage, output_tokens_details } }))).toHaveProperty(
        'answer.usage',
        { inputTokens: 10, outputTokens: 5 },
      );
    }
  });

  it.each([
    ['cut', { stop_reason: null }, 'truncated'],
    ['empty', { content: [] }, 'empty'],
    ['malformed', { content: 7 }, 'malformed'],
    ['an error', { error: { message: 'x' } }, 'error'],
  ])('what is no answer (%s) is paid for all the same', (_, changes, is) => {
    expect(readAnthropic(answer(changes))).toMatchObject({
      is,
      usage: { inputTokens: 10, outputTokens: 5 },
    });
  });

  it.each([null, false, '', ' ', {}, [], { type: '', message: null }])(
    'error: %j beside an answer is none; in its place it is one, unless null or false',
    (error) => {
      expect(readAnthropic(answer({ error })).is).toBe('answer');
      expect(readAnthropic({ error }).is).toBe(error === null || error === false ? 'malformed' : 'error');
    },
  );

  it.each(['boom', true, 500, { message: 'x' }, [{ message: 'x' }]])(
    'error: %j beside an answer is an error',
    (error) => {
      expect(readAnthropic(answer({ error })).is).toBe('error');
    },
  );

  it('joins text and leaves thinking out', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'text', text: 'Hello, ' },
      { type: 'unheard_of', data: 1 },
      { type: 'text', text: 'world.' },
    ];
    expect(readAnthropic(answer({ content }))).toMatchObject({
      is: 'answer',
      answer: { text: 'Hello, world.' },
    });
  });

  it.each([
    ['end_turn', { finishReason: 'stop' }],
    ['stop_sequence', { finishReason: 'stop' }],
    ['max_tokens', { finishReason: 'length', incomplete: 'length' }],
    ['pause_turn', { finishReason: 'pause', incomplete: 'pause' }],
    ['model_context_window_exceeded', { finishReason: 'context', incomplete: 'context' }],
    ['refusal', { finishReason: 'refusal', refused: true }],
    ['newly_invented', { finishReason: 'other', providerFinishReason: 'newly_invented' }],
  ])('%s -> %o', (reason, expected) => {
    expect(readAnthropic(answer({ stop_reason: reason }))).toMatchObject({ is: 'answer', answer: expected });
  });

  it.each([
    ['no stop_reason', { stop_reason: null }, 'truncated'],
    ['no content', { content: [] }, 'empty'],
    ['no text', { content: [{ type: 'text', text: '' }] }, 'empty'],
    ['a tool call nobody offered', { content: [], stop_reason: 'tool_use' }, 'malformed'],
    ['an error', { type: 'error', error: { type: 'api_error', message: 'x' } }, 'error'],
  ])('%s -> %s is never an answer', (_, changes, is) => {
    expect(readAnthropic(answer(changes)).is).toBe(is);
  });

  it('names the field that broke the schema and not its value', () => {
    const reading = readAnthropic(answer({ content: [{ type: 'text', text: ['a secret'] }] }));
    expect(reading).toMatchObject({
      is: 'malformed',
      because: expect.stringContaining('content.0.text') as unknown,
    });
    expect(JSON.stringify(reading)).not.toContain('a secret');
  });

  it('takes any JSON at all without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (body) => void readAnthropic(body)));
  });
});
