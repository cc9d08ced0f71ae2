import { describe, expect, it } from 'vitest';
import type { ChatMessage, ChatRequest } from '../../../contracts/chat.js';
import type { Traits } from '../../../wire/traits.js';
import { translate } from './translate.js';

const bodyFor = (messages: ChatMessage[], traits: Traits = {}) =>
  translate({ messages }, traits).body.messages;

describe('a conversation in the OpenAI format', () => {
  it('carries images and documents', () => {
    const png = { from: 'data', mediaType: 'image/png', data: 'iVBO' } as const;
    const pdf = { from: 'data', mediaType: 'application/pdf', data: 'JVBE' } as const;
    expect(
      bodyFor([
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: png },
            { type: 'image', source: { from: 'url', url: 'https://example.com/a.png' }, detail: 'low' },
            { type: 'document', source: pdf, name: 'a.pdf' },
          ],
        },
      ]),
    ).toEqual([
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
        ],
      },
    ]);
  });

  it.each([
    [{ from: 'data', mediaType: 'application/pdf', data: 'JVBE' } as const, 'document.pdf'],
    [{ from: 'url', url: 'https://example.com/a' } as const, 'document'],
  ])('names a document that has no name: OpenAI refuses it without (%o)', (source, filename) => {
    expect(bodyFor([{ role: 'user', content: [{ type: 'document', source }] }])).toMatchObject([
      { content: [{ type: 'file', file: { filename } }] },
    ]);
  });

  it('says instructions in the role that the model knows', () => {
    const messages: ChatMessage[] = [{ role: 'system', content: 'Be brief.' }];
    expect(bodyFor(messages)).toEqual([{ role: 'system', content: 'Be brief.' }]);
    expect(bodyFor(messages, { systemRole: 'developer' })).toEqual([
      { role: 'developer', content: 'Be brief.' },
    ]);
  });

  const called: ChatMessage = {
    role: 'assistant',
    toolCalls: [
      { id: 'a', name: 'weather', arguments: '{}' },
      { id: 'b', name: 'weather', arguments: '{}' },
    ],
  };

  it('carries tool calls, and a turn of nothing else has no content', () => {
    expect(bodyFor([called])).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'weather', arguments: '{}' } },
          { id: 'b', type: 'function', function: { name: 'weather', arguments: '{}' } },
        ],
      },
    ]);
  });

  it('puts images of tool results behind the last result of the turn, and says so', () => {
    const picture = { type: 'image', source: { from: 'url', url: 'https://example.com/a.png' } } as const;
    const { body, adapted } = translate({
      messages: [
        called,
        { role: 'tool', toolCallId: 'a', content: [picture] },
        { role: 'tool', toolCallId: 'b', content: [{ type: 'text', text: 'See:' }, picture] },
        { role: 'user', content: 'And?' },
      ],
    });
    const heading = (id: string) => ({ type: 'text', text: `From the result of the tool call ${id}:` });
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    expect(body.messages.slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'The result follows in the next user message.' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'See:' }] },
      { role: 'user', content: [heading('a'), image, heading('b'), image] },
      { role: 'user', content: 'And?' },
    ]);
    expect(adapted).toEqual([
      { parameter: 'messages', how: 'mapped', detail: 'images and documents in a tool result' },
    ]);
  });

  it('sends the reasoning of earlier turns only where it is wanted, and says when it is not', () => {
    const request: ChatRequest = {
      messages: [{ role: 'assistant', content: 'Hi.', reasoning: [{ text: 'h' }, { text: 'm' }] }],
    };
    expect(translate(request)).toMatchObject({
      body: { messages: [{ role: 'assistant', content: 'Hi.' }] },
      adapted: [{ parameter: 'messages', how: 'dropped', detail: 'the reasoning of earlier turns' }],
    });
    expect(translate(request).body.messages[0]).not.toHaveProperty('reasoning_content');
    expect(translate(request, { reasoningField: 'reasoning_content' })).toMatchObject({
      body: { messages: [{ content: 'Hi.', reasoning_content: 'hm' }] },
      adapted: [],
    });
  });
});
