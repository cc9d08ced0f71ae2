import { describe, expect, it } from 'vitest';
import type { ChatMessage, ChatRequest, ContentPart } from '../../contracts/chat.js';
import { lackedBy, neededBy } from '../../wire/abilities.js';
import { lackedByOpenAIFormat } from '../../wire/openai/index.js';
import { abilities, type Ability, type Traits } from '../../wire/traits.js';

const user = (...content: ContentPart[]): ChatMessage => ({ role: 'user', content });
const asking = (fields: Partial<ChatRequest>): ChatRequest => ({ messages: [], ...fields });
const image: ContentPart = { type: 'image', source: { from: 'url', url: 'https://example.com/a.png' } };
const pdf = { from: 'data', mediaType: 'application/pdf', data: '' } as const;
const tools = [{ name: 'weather' }];

describe('what a request needs and a model lacks', () => {
  it.each<[string, ChatRequest, Ability[]]>([
    ['words', asking({ messages: [{ role: 'user', content: 'Hi.' }] }), []],
    ['tools', asking({ tools }), ['tools']],
    ['tools that may not be called', asking({ tools, toolChoice: 'none' }), []],
    ['no tools', asking({ tools: [] }), []],
    [
      'an earlier result of a tool',
      asking({ messages: [{ role: 'tool', toolCallId: 'a', content: 'x' }] }),
      ['tools'],
    ],
    ['an image', asking({ messages: [user(image)] }), ['images']],
    [
      'an image in a result of a tool',
      asking({ messages: [{ role: 'tool', toolCallId: 'a', content: [image] }] }),
      ['tools', 'images'],
    ],
    ['a document', asking({ messages: [user({ type: 'document', source: pdf })] }), ['documents']],
    [
      'a document by its URL',
      asking({ messages: [user({ type: 'document', source: { from: 'url', url: 'https://a.b/c.pdf' } })] }),
      ['documents', 'document_urls'],
    ],
    ['text', asking({ responseFormat: { type: 'text' } }), []],
    ['JSON', asking({ responseFormat: { type: 'json_object' } }), ['json_object']],
    ['a schema', asking({ responseFormat: { type: 'json_schema', name: 'r', schema: {} } }), ['json_schema']],
  ])('%s', (_, request, needed) => {
    expect(neededBy(request)).toEqual(needed);
    expect(lackedBy(request, {})).toBeUndefined();
    for (const ability of abilities) {
      const expected = needed.includes(ability) ? ability : undefined;
      expect(lackedBy(request, { lacks: [ability] })).toBe(expected);
    }
  });

  it.each<[Traits, Partial<ChatRequest>, Ability]>([
    [{ refuses: ['tools'] }, { tools }, 'tools'],
    [{ refuses: ['responseFormat'] }, { responseFormat: { type: 'json_object' } }, 'json_object'],
  ])('who refuses the parameter lacks the ability: %o', (traits, fields, ability) => {
    expect(lackedBy(asking(fields), traits)).toBe(ability);
  });

  it('what the format has no place for is lacked by every model', () => {
    const source = { from: 'url', url: 'https://a.b/c.pdf' } as const;
    const request = asking({ messages: [user({ type: 'document', source })] });
    expect(lackedBy(request, {}, lackedByOpenAIFormat)).toBe('document_urls');
  });
});
