import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatMessage, ContentPart } from '../../contracts/chat.js';
import { toAnthropic } from '../../wire/anthropic/index.js';
import type { Traits } from '../../wire/traits.js';

const user = (content: string | ContentPart[]): ChatMessage => ({ role: 'user', content });
const call = (id: string, json: string) => ({ id, name: 'f', arguments: json });
const send = (messages: ChatMessage[], traits: Traits = {}) =>
  toAnthropic('claude', { messages }, [], traits, { stream: false }).body;
const sentTurns = (...messages: ChatMessage[]) => send(messages, { thinking: 'adaptive' }).messages;

describe('a conversation in the Anthropic format', () => {
  it('moves instructions from the middle to the others, in order', () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      user('Hi.'),
      {
        role: 'system',
        content: [
          { type: 'text', text: 'In ' },
          { type: 'text', text: 'French.' },
        ],
      },
      user('And now?'),
    ];
    expect(send(messages)).toMatchObject({
      system: 'Be brief.\n\nIn French.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi.' },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
    });
  });

  it.each<[string, ContentPart, object]>([
    [
      'an image by its address',
      { type: 'image', source: { from: 'url', url: 'https://a.b/c.png' }, detail: 'low' },
      { type: 'image', source: { type: 'url', url: 'https://a.b/c.png' } },
    ],
    [
      'an image in itself',
      { type: 'image', source: { from: 'data', mediaType: 'image/jpg', data: 'QUJD' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'QUJD' } },
    ],
    [
      'an image in a data: address',
      { type: 'image', source: { from: 'url', url: 'data:image/png;base64,QUJD' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } },
    ],
    [
      'a PDF',
      {
        type: 'document',
        source: { from: 'data', mediaType: 'application/pdf', data: 'QUJD' },
        name: 'a.pdf',
      },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' },
        title: 'a.pdf',
      },
    ],
    [
      'a document by its address',
      { type: 'document', source: { from: 'url', url: 'https://a.b/c.pdf' } },
      { type: 'document', source: { type: 'url', url: 'https://a.b/c.pdf' } },
    ],
    [
      'text of another kind as plain text',
      {
        type: 'document',
        source: {
          from: 'data',
          mediaType: 'text/csv; charset=utf-8',
          data: Buffer.from('a,é').toString('base64'),
        },
      },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a,é' } },
    ],
    [
      'text in a data: address with percent signs',
      { type: 'document', source: { from: 'url', url: 'data:,a%2C%C3%A9 é' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a,é é' } },
    ],
  ])('sends %s', (_, part, block) => {
    expect(sentTurns(user([part, { type: 'text', text: ' ' }]))).toEqual([
      { role: 'user', content: [block] },
    ]);
  });

  it('sends calls with their input, whatever the model made of it', () => {
    const toolCalls = [call('a', '{"x": 1}'), call('b', ''), call('c', '{"x": '), call('d', '[1]')];
    expect(sentTurns(user('Go.'), { role: 'assistant', toolCalls }, user('?'))[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
        { type: 'tool_use', id: 'b', name: 'f', input: {} },
        { type: 'tool_use', id: 'c', name: 'f', input: { invalid_json: '{"x": ' } },
        { type: 'tool_use', id: 'd', name: 'f', input: { invalid_json: '[1]' } },
      ],
    });
  });

  it('takes any text for arguments without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (json) => {
        const [turn] = sentTurns({ role: 'assistant', toolCalls: [call('a', json)] });
        expect(turn).toHaveProperty('content.0.input', expect.any(Object));
      }),
    );
  });

  it('puts the results of a turn together, before its words', () => {
    const image: ContentPart = { type: 'image', source: { from: 'url', url: 'https://a.b/c.png' } };
    expect(
      sentTurns(
        user('Go.'),
        { role: 'assistant', content: 'Yes.', toolCalls: [call('a', '{}'), call('b', '{}')] },
        { role: 'tool', toolCallId: 'a', content: 'fine' },
        user('Hurry.'),
        { role: 'tool', toolCallId: 'b', content: [{ type: 'text', text: 'no' }, image], isError: true },
        { role: 'tool', toolCallId: 'c', content: ' ' },
      )[2],
    ).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: 'fine' },
        {
          type: 'tool_result',
          tool_use_id: 'b',
          content: [
            { type: 'text', text: 'no' },
            { type: 'image', source: { type: 'url', url: 'https://a.b/c.png' } },
          ],
          is_error: true,
        },
        { type: 'tool_result', tool_use_id: 'c' },
        { type: 'text', text: 'Hurry.' },
      ],
    });
  });

  it('gives calls and results ids that the vendor takes, the same to both, and no two the same', () => {
    const ids = ['functions.f:0', 'functions_f:0', 'functions_f_0', ''];
    const [calls, results] = sentTurns(
      { role: 'assistant', toolCalls: ids.map((id) => call(id, '{}')) },
      ...ids.map((toolCallId): ChatMessage => ({ role: 'tool', toolCallId, content: 'x' })),
    ).map(({ content }) =>
      typeof content === 'string'
        ? []
        : content.map((block) =>
            block.type === 'tool_use' ? block.id : block.type === 'tool_result' ? block.tool_use_id : '',
          ),
    );
    expect(calls).toEqual(results);
    expect(new Set(calls).size).toBe(ids.length);
    for (const id of calls ?? []) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
  });

  it('sends back what the vendor signed, first in its turn, to a model that thinks', () => {
    const message: ChatMessage = {
      role: 'assistant',
      content: 'So.',
      reasoning: [
        { text: 'of another vendor' },
        { text: 'Hm.', signature: 's' },
        { text: '', redacted: 'r' },
        { text: '', signature: 'hidden' },
      ],
    };
    expect(sentTurns(user('?'), message, user('!'))[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 's' },
        { type: 'redacted_thinking', data: 'r' },
        { type: 'thinking', thinking: '', signature: 'hidden' },
        { type: 'text', text: 'So.' },
      ],
    });
    expect(send([user('?'), message, user('!')]).messages[1]).toEqual({ role: 'assistant', content: 'So.' });
  });

  it('says what of the messages is sent elsewhere, or not at all', () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi.', name: 'Ann' },
      { role: 'assistant', content: 'So.', reasoning: [{ text: 'Hm.', signature: 's' }] },
      { role: 'system', content: 'In French.' },
      user('And now?'),
    ];
    const adapted = (traits: Traits, sent = messages) =>
      toAnthropic('claude', { messages: sent }, [], traits, { stream: false }).adapted;
    const moved = {
      parameter: 'messages',
      how: 'mapped',
      detail: 'instructions in the middle, sent with those at the beginning',
    };
    const thoughts = { parameter: 'messages', how: 'dropped', detail: 'the reasoning of earlier turns' };
    const named = { parameter: 'messages', how: 'dropped', detail: 'the names of participants' };
    expect(adapted({})).toEqual([moved, thoughts, named]);
    expect(adapted({ thinking: 'budget' })).toEqual([moved, named]);
    const unsigned: ChatMessage = { role: 'assistant', content: 'So.', reasoning: [{ text: 'Hm.' }] };
    expect(adapted({ thinking: 'budget' }, [user('Hi.'), unsigned, user('?')])).toEqual([thoughts]);
    expect(adapted({}, [...messages.slice(0, 1), user('Hi.')])).toEqual([]);
  });

  it('lets a refusal stand for what was said', () => {
    const refused: ChatMessage = { role: 'assistant', content: '', refusal: 'I will not.' };
    expect(sentTurns(user('?'), refused, user('!'))[1]).toEqual({
      role: 'assistant',
      content: 'I will not.',
    });
  });

  it('ends a beginning that is to be continued without white space', () => {
    expect(sentTurns(user('?'), { role: 'assistant', content: 'The answer is (\n' }).at(-1)).toEqual({
      role: 'assistant',
      content: 'The answer is (',
    });
  });
});
