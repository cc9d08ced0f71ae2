import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf, type ChatRequest } from '../../contracts/chat.js';
import { toAnthropic, type AnthropicTurn } from '../../wire/anthropic/index.js';
import { anyAdaptations, anyRequest } from './any-request.js';

const plain = { stream: false };
const translate = (request: ChatRequest) => toAnthropic('claude', request, [], {}, plain).body;
const texts = ({ content }: AnthropicTurn): string[] =>
  typeof content === 'string' ? [content] : content.map((block) => (block.type === 'text' ? block.text : ''));

describe('a request in the Anthropic format', () => {
  it('keeps every word that was said, in order, and by whom', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const body = translate(request);
        const said = request.messages.filter(({ content }) => textOf(content).trim() !== '');
        const turns = said.filter(({ role }) => role !== 'system');
        const system = said.filter(({ role }) => role === 'system').map(({ content }) => textOf(content));
        if (turns.length === 0) return;
        const words = turns.map(({ role, content }, at) =>
          role === 'assistant' && at === turns.length - 1 ? textOf(content).trimEnd() : textOf(content),
        );
        expect(body.messages.flatMap(texts)).toEqual(words);
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
        const { body, adapted } = toAnthropic('claude', request, adaptations, {}, plain);
        body.messages.forEach(({ role }, at) => expect(role).not.toBe(body.messages[at - 1]?.role));
        expect(body.max_tokens).toBeGreaterThan(0);
        expect(body.temperature ?? 0).toBeLessThanOrEqual(1);
        const changed = body.temperature !== undefined && body.temperature !== request.temperature;
        expect(adapted.filter(({ parameter }) => parameter === 'temperature')).toEqual(
          changed ? [{ parameter: 'temperature', how: 'clamped' }] : [],
        );
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
