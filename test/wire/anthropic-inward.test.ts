import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anthropicStreamReader,
  anthropicStreamWriter,
  fromAnthropic,
  readAnthropic,
  toAnthropic,
  writeAnthropic,
} from '../../wire/anthropic/index.js';
import type { AnswerDelta, ChatAnswer } from '../../contracts/chat.js';
import { anyAnswer, names } from './anthropic-answers.js';
import { anySizes, deltasOf } from './anthropic-events.js';
import { anyCarried } from './anthropic-requests.js';

const expected = { tools: true, silence: false };
const body = { model: 'claude', max_tokens: 10, messages: [{ role: 'user', content: 'Hi.' }] };

describe('a request of a client of Anthropic', () => {
  it('is what was sent: there and back', () => {
    fc.assert(
      fc.property(anyCarried, ({ request, traits, stream }) => {
        const { body: sent, adapted } = toAnthropic('claude', request, [], traits, { stream });
        expect(adapted).toEqual([]);
        const received = fromAnthropic(JSON.parse(JSON.stringify(sent)));
        expect(received).toEqual({ ok: true, model: 'claude', request, stream, ignored: [] });
      }),
      { numRuns: 300 },
    );
  });

  it('names what it has no use for, once each and without a position', () => {
    const cached = { type: 'text', text: 'Hi.', cache_control: { type: 'ephemeral' } };
    const received = fromAnthropic({
      ...body,
      service_tier: 'auto',
      container: null,
      metadata: { user_id: 'u', team: 't' },
      messages: [
        { role: 'user', content: [cached, cached] },
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
            { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
            { type: 'text', text: 'So.', citations: [{}] },
          ],
        },
        { role: 'user', content: 'And?' },
      ],
      tools: [{ name: 'f', input_schema: { type: 'object', anything: 1 }, input_examples: [{}] }],
    });
    expect(received).toMatchObject({
      ok: true,
      request: { messages: [{}, { role: 'assistant', content: 'So.' }, {}], user: 'u' },
      ignored: [
        'messages.content.server_tool_use',
        'messages.content.web_search_tool_result',
        'messages.content.cache_control',
        'messages.content.citations',
        'service_tier',
        'metadata.team',
        'tools.input_examples',
      ],
    });
    expect(received).toHaveProperty('request.tools.0.parameters', { type: 'object', anything: 1 });
  });

  it.each<[string, unknown, string | null]>([
    ['no body', undefined, null],
    ['a list', [], null],
    ['no limit', { ...body, max_tokens: undefined }, 'max_tokens'],
    ['words for a number', { ...body, max_tokens: 'many' }, 'max_tokens'],
    ['a temperature above 1', { ...body, temperature: 1.5 }, 'temperature'],
    ['no messages', { ...body, messages: [] }, 'messages'],
    ['an unknown role', { ...body, messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.role'],
    ['a number for a content', { ...body, messages: [{ role: 'user', content: 7 }] }, 'messages.0.content'],
    [
      'a file',
      {
        ...body,
        messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }],
      },
      'messages.0.content.0.source.type',
    ],
    [
      'a search result',
      { ...body, messages: [{ role: 'user', content: [{ type: 'search_result' }] }] },
      'messages.0.content.0.type',
    ],
    [
      'a wrong type deep inside',
      {
        ...body,
        messages: [
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 1 }] }],
          },
        ],
      },
      'messages.0.content.0.content.0.text',
    ],
    [
      "the vendor's own tool",
      { ...body, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      'tools.0.type',
    ],
    ['an unknown choice', { ...body, tool_choice: { type: 'some' } }, 'tool_choice.type'],
  ])('%s is a problem that is named', (_, sent, param) => {
    expect(fromAnthropic(sent)).toEqual({
      ok: false,
      problem: { param, message: expect.stringMatching(new RegExp(`^${param ?? 'the body'}: .`)) as unknown },
    });
  });

  it.each([
    [{ thinking: { type: 'adaptive' } }, { reasoningEffort: 'high' }],
    [{ output_config: { effort: 'low' } }, { reasoningEffort: 'low' }],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'low' } }, { reasoningEffort: 'none' }],
    [{ thinking: { type: 'enabled', budget_tokens: 2_000 } }, { reasoningBudget: 2_000 }],
  ])('%j -> %j', (fields, parameters) => {
    const received = fromAnthropic({ ...body, ...fields });
    expect(received).toHaveProperty('request', { messages: body.messages, maxTokens: 10, ...parameters });
  });

  it('takes any JSON at all without throwing', () => {
    const near = fc.array(fc.jsonValue()).map((messages) => ({ ...body, messages }));
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), near), (any) => void fromAnthropic(any)));
  });
});

/** What a client of the vendor's makes of a stream. */
async function asSeenByTheSdk(events: { event?: string | undefined; data: string }[]) {
  const text = events.map(({ event, data }) => `event: ${event ?? ''}\ndata: ${data}\n\n`).join('');
  const client = new Anthropic({
    apiKey: 'none',
    fetch: () => Promise.resolve(new Response(text, { headers: { 'content-type': 'text/event-stream' } })),
  });
  return client.messages
    .stream({ model: 'claude', max_tokens: 10, messages: [{ role: 'user', content: 'Hi.' }] })
    .finalMessage();
}

function written(answer: ChatAnswer, deltas: AnswerDelta[]) {
  const writer = anthropicStreamWriter(names);
  return [...writer.start(), ...deltas.flatMap((delta) => writer.write(delta)), ...writer.end(answer)];
}

function readBack(events: ReturnType<typeof written>) {
  const reader = anthropicStreamReader(expected);
  for (const event of events) reader.take(event);
  return reader.end();
}

describe('an answer to a client of Anthropic', () => {
  it('is the same when it is read again', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const sent: unknown = JSON.parse(JSON.stringify(writeAnthropic(answer, names)));
        expect(readAnthropic(sent, expected)).toEqual({ is: 'answer', answer });
      }),
    );
  });

  it('is the same when its stream is read again, told in any pieces or only at the end', () => {
    fc.assert(
      fc.property(anyAnswer, anySizes, (answer, sizes) => {
        const deltas = deltasOf(answer, sizes);
        expect(readBack(written(answer, deltas))).toEqual({ is: 'answer', answer });
        expect(readBack(written(answer, []))).toEqual({ is: 'answer', answer });
        // As when the last pieces came only with the whole answer.
        const text = deltas.filter(({ type }) => type !== 'tool_call');
        expect(readBack(written(answer, text.slice(0, 3)))).toHaveProperty('answer.text', answer.text);
      }),
    );
  });

  it("is whole to the vendor's own SDK", async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, anySizes, async (answer, sizes) => {
        const seen = await asSeenByTheSdk(written(answer, deltasOf(answer, sizes)));
        const { content, stop_reason } = writeAnthropic(answer, names);
        expect(JSON.parse(JSON.stringify(seen))).toMatchObject({ content, stop_reason });
      }),
      { numRuns: 30 },
    );
  });

  it('ends each block before the next begins', () => {
    fc.assert(
      fc.property(anyAnswer, anySizes, (answer, sizes) => {
        let open: number | undefined;
        let last = -1;
        for (const { data } of written(answer, deltasOf(answer, sizes))) {
          const { type, index } = JSON.parse(data) as { type: string; index: number };
          if (type === 'content_block_start') {
            expect([open, index]).toEqual([undefined, last + 1]);
            open = last = index;
          }
          if (type === 'content_block_delta' || type === 'content_block_stop') expect(index).toBe(open);
          if (type === 'content_block_stop') open = undefined;
        }
        expect(open).toBeUndefined();
      }),
    );
  });

  it('holds back the pieces of a second tool until the first is known to be whole', () => {
    const toolCalls = [
      { id: 'a', name: 'f', arguments: '{"x":1}' },
      { id: 'b', name: 'g', arguments: '{"y":2}' },
    ];
    const piece = (index: number, json: string, more = {}): AnswerDelta => ({
      type: 'tool_call',
      choice: 0,
      index,
      arguments: json,
      ...more,
    });
    const answer: ChatAnswer = {
      text: '',
      finishReason: 'tool_calls',
      providerFinishReason: 'tool_calls',
      toolCalls,
    };
    const events = written(answer, [
      piece(0, '{"x"', { id: 'a', name: 'f' }),
      piece(1, '{"y"', { id: 'b', name: 'g' }),
      piece(0, ':1}'),
      piece(1, ':2}'),
    ]);
    expect(readBack(events)).toMatchObject({ is: 'answer', answer: { toolCalls } });
  });

  it('tells only the first of several choices', () => {
    const writer = anthropicStreamWriter(names);
    expect(writer.write({ type: 'text', choice: 1, text: 'no' })).toEqual([]);
  });
});
