import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../contracts/chat.js';
import { defaultMaxTokens, toAnthropic } from '../../wire/anthropic/index.js';

describe('the token limit of a request that sets none', () => {
  const limit = (model: string, bytes = 10, contextWindow?: number): number => {
    const messages = [{ role: 'user' as const, content: 'x'.repeat(bytes) }];
    return toAnthropic(model, { messages }, [], {}, { stream: false, contextWindow }).body.max_tokens;
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
    expect(toAnthropic('claude-haiku-4-5', request, [], {}, { stream: false }).body.max_tokens).toBe(50_000);
  });

  it.each([
    [
      'as long as the model can write, when it is streamed',
      'claude-sonnet-5',
      { stream: true, maxOutputTokens: 64_000 },
      64_000,
    ],
    [
      'no longer than connections last, when it is not',
      'claude-sonnet-5',
      { maxOutputTokens: 64_000 },
      21_333,
    ],
    ['what an unknown model is said to write', 'glm-4.6', { maxOutputTokens: 16_000 }, 16_000],
    ['no longer than connections last, for an unknown model', 'glm-4.6', { maxOutputTokens: 98_304 }, 21_333],
    ['less than the table has, where that is known', 'claude-sonnet-5', { maxOutputTokens: 2_000 }, 2_000],
  ])('is %s', (_, model, facts, tokens) => {
    expect(defaultMaxTokens(model, [{ role: 'user', content: 'Hi.' }], facts)).toBe(tokens);
  });

  it('counts images, documents and calls as part of the question', () => {
    const limit = (messages: ChatMessage[]) =>
      defaultMaxTokens('claude-sonnet-5', messages, { contextWindow: 30_000 });
    const data = 'x'.repeat(20_000);
    expect(limit([{ role: 'user', content: 'Hi.' }])).toBe(21_333);
    expect(
      limit([
        {
          role: 'user',
          content: [1, 2, 3].map(() => ({ type: 'image', source: { from: 'url', url: 'u' } })),
        },
      ]),
    ).toBe(15_000);
    expect(
      limit([
        {
          role: 'user',
          content: [{ type: 'document', source: { from: 'data', mediaType: 'application/pdf', data } }],
        },
      ]),
    ).toBe(10_000);
    expect(limit([{ role: 'assistant', toolCalls: [{ id: 'a', name: 'f', arguments: data }] }])).toBe(9_999);
  });
});
