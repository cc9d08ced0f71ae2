import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatAnswer, ChatRequest } from '../../contracts/chat.js';
import { createProvider } from '../../providers/index.js';
import { plainCall, streamedCall } from '../providers/recorded-streams.js';
import { startFakeProvider, step, type FakeProvider, type Step } from './fake-provider.js';

let fake: FakeProvider;
beforeEach(async () => {
  fake = await startFakeProvider();
});
afterEach(async () => {
  await fake.stop().catch(() => undefined);
});

const messages: ChatRequest['messages'] = [{ role: 'user', content: 'Hi.' }];
const tools = [{ name: 'look_up' }];
const looksUp = [
  { name: 'look_up', arguments: { city: 'Paris' } },
  { name: 'look_up', arguments: { city: 'Rome' }, id: 'second' },
];

const formats = ['openai', 'anthropic'] as const;
const ways = formats.flatMap((format) =>
  (['plain', 'streamed'] as const).map((way) => [way, format] as const),
);

describe.each(ways)('%s answers of the fake in the %s format', (way, format) => {
  async function answer(planned: Step, request: Partial<ChatRequest> = {}): Promise<ChatAnswer> {
    fake.plan('m', planned);
    const baseUrl = format === 'openai' ? fake.openaiUrl : fake.anthropicUrl;
    const callOf = way === 'plain' ? plainCall : streamedCall;
    const reply = await createProvider({ name: 'fake', kind: format, baseUrl }).call(
      callOf({ upstreamModel: 'm', request: { messages, ...request } }),
    );
    expect(fake.unplanned).toEqual([]);
    if (!reply.ok) throw new Error(`${reply.failure.kind}: ${reply.failure.message}`);
    return reply.answer;
  }

  it('tool calls, alone and after a text', async () => {
    const toolCalls = [
      { id: 'call_1', name: 'look_up', arguments: '{"city":"Paris"}' },
      { id: 'second', name: 'look_up', arguments: '{"city":"Rome"}' },
    ];
    expect(await answer(step.toolCalls(looksUp), { tools })).toMatchObject({
      text: '',
      finishReason: 'tool_calls',
      toolCalls,
    });
    expect(await answer(step.toolCalls(looksUp, { text: 'Let me look.' }), { tools })).toMatchObject({
      text: 'Let me look.',
      toolCalls,
    });
  });

  it('JSON', async () => {
    const { text } = await answer(step.json({ city: 'Paris' }));
    expect(JSON.parse(text)).toEqual({ city: 'Paris' });
  });

  it('reasoning before the text, signed where the format signs', async () => {
    const { text, reasoning } = await answer(step.reasoning('Let me think.', 'Paris.'));
    expect(text).toBe('Paris.');
    expect(reasoning).toEqual([
      {
        text: 'Let me think.',
        ...(format === 'anthropic' ? { signature: expect.any(String) as unknown } : {}),
      },
    ]);
  });

  it.runIf(format === 'openai')('as many answers and log probabilities as are asked for', async () => {
    const two = step.answers(['Paris.', 'Rome.'], { usage: { outputTokens: 9 } });
    const asked = await answer(two, { n: 2, logprobs: true, topLogprobs: 1 });
    expect(asked.text).toBe('Paris.');
    expect(asked.furtherChoices).toMatchObject([{ text: 'Rome.', finishReason: 'stop' }]);
    expect(asked.usage?.outputTokens).toBe(9);
    const tokensOf = (choice?: Pick<ChatAnswer, 'logprobs'>): string | undefined =>
      choice?.logprobs?.map(({ token }) => token).join('|');
    expect([tokensOf(asked), tokensOf(asked.furtherChoices?.[0])]).toEqual(['Pari|s.', 'Rome|.']);
    expect(asked.logprobs?.[0]?.alternatives).toHaveLength(1);

    const unasked = await answer(two);
    expect(unasked).not.toHaveProperty('furtherChoices');
    expect(unasked).not.toHaveProperty('logprobs');
  });
});

describe('what the fake refuses of wider requests', () => {
  const called = { id: 'a', type: 'function', function: { name: 'look_up', arguments: '{}' } };
  const use = { type: 'tool_use', id: 'a', name: 'look_up', input: {} };
  const result = { type: 'tool_result', tool_use_id: 'a', content: 'x' };
  const offered = { tools: [{ type: 'function', function: { name: 'look_up' } }] };
  const defined = { tools: [{ name: 'look_up', input_schema: { type: 'object' } }] };
  const budget = (tokens: number): object => ({ thinking: { type: 'enabled', budget_tokens: tokens } });

  async function statusOf(path: string, body: object): Promise<number> {
    fake.plan('m', step.answer('ok'));
    const response = await fetch(fake.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'm', messages, max_tokens: 2_048, ...body }),
    });
    return response.status;
  }

  const turns = (...blocks: object[]): object => ({
    messages: [...messages, { role: 'assistant', content: [use] }, { role: 'user', content: blocks }],
  });

  it.each<[string, object, object]>([
    ['a choice among no tools', { tool_choice: 'auto' }, { tool_choice: 'auto', ...offered }],
    [
      'a choice of a tool that is not offered',
      { ...offered, tool_choice: named('other') },
      { ...offered, tool_choice: named('look_up') },
    ],
    [
      'parallel calls of no tools',
      { parallel_tool_calls: false },
      { parallel_tool_calls: false, ...offered },
    ],
    ['top_logprobs alone', { top_logprobs: 1 }, { top_logprobs: 1, logprobs: true }],
    [
      'a call without its result',
      { messages: [...messages, { role: 'assistant', content: null, tool_calls: [called] }, ...messages] },
      {
        messages: [
          ...messages,
          { role: 'assistant', content: null, tool_calls: [called] },
          { role: 'tool', tool_call_id: 'a', content: 'x' },
        ],
      },
    ],
    [
      'a name that no function has',
      { tools: [{ type: 'function', function: { name: 'look up' } }] },
      offered,
    ],
    ['a field of a tool that does not exist', { tools: [{ ...offered.tools[0], strict: true }] }, offered],
    ['an image by a bare path', image('cat.png'), image('https://example.com/cat.png')],
  ])('OpenAI: %s', async (_, wrong, right) => {
    expect(await statusOf('/v1/chat/completions', right)).toBe(200);
    expect(await statusOf('/v1/chat/completions', wrong)).toBe(400);
  });

  it.each<[string, object, object]>([
    [
      'a choice among no tools',
      { tool_choice: { type: 'any' } },
      { tool_choice: { type: 'any' }, ...defined },
    ],
    ['a budget above the limit', budget(2_048), budget(1_024)],
    ['a budget below the least', budget(1_000), budget(1_024)],
    [
      'a temperature beside thinking',
      { ...budget(1_024), temperature: 0.5 },
      { ...budget(1_024), temperature: 1 },
    ],
    [
      'a forced call beside thinking',
      { ...budget(1_024), ...defined, tool_choice: { type: 'any' } },
      { ...budget(1_024), ...defined },
    ],
    ['a result for no call', turns({ ...result, tool_use_id: 'b' }), turns(result)],
    [
      'words before a result',
      turns({ type: 'text', text: 'x' }, result),
      turns(result, { type: 'text', text: 'x' }),
    ],
    ['an open schema', format({ type: 'object' }), format({ type: 'object', additionalProperties: false })],
    ['text of spaces', { system: ' ' }, { system: 'x' }],
    ['OpenAI’s field', { seed: 1 }, {}],
  ])('Anthropic: %s', async (_, wrong, right) => {
    expect(await statusOf('/v1/messages', right)).toBe(200);
    expect(await statusOf('/v1/messages', wrong)).toBe(400);
  });

  function named(name: string): object {
    return { type: 'function', function: { name } };
  }
  function image(url: string): object {
    return { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] };
  }
  function format(schema: object): object {
    return { output_config: { format: { type: 'json_schema', schema } } };
  }
});
