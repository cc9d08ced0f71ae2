import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { step } from '../support/fake-provider.js';
import { startGatewayKit, type GatewayKit } from './gateway-kit.js';
import { ask, textIn, type Answer } from './raw-http.js';

const openaiModel = 'gpt-4';
const anthropicModel = 'claude-3-opus-20240229';

const tools = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
      strict: false,
    },
  },
];

/** All that a client of OpenAI's format may ask besides the messages. */
const everything = {
  tools,
  tool_choice: 'auto',
  parallel_tool_calls: false,
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'city', schema: { type: 'object', additionalProperties: false } },
  },
  n: 2,
  logprobs: true,
  top_logprobs: 2,
  reasoning_effort: 'low',
  max_tokens: 50,
  temperature: 0.5,
  top_p: 0.9,
  presence_penalty: 0.1,
  frequency_penalty: 0.2,
  seed: 7,
  stop: ['END'],
  user: 'somebody',
  service_tier: 'auto',
  verbosity: 'low',
  prompt_cache_key: 'one',
  store: false,
  metadata: { purpose: 'test' },
};

/** What Anthropic's format has no field for, or the model does not take. */
const unknownToAnthropic = [
  'presence_penalty',
  'frequency_penalty',
  'seed',
  'n',
  'logprobs',
  'top_logprobs',
  'service_tier',
  'verbosity',
  'prompt_cache_key',
  'store',
  'metadata',
];

/** Where a field of one format stands in the other. */
const inAnthropic: Record<string, string> = {
  stop: 'stop_sequences',
  user: 'metadata',
  response_format: 'output_config',
  parallel_tool_calls: 'tool_choice',
};

let gateway: GatewayKit;
beforeAll(async () => {
  gateway = await startGatewayKit({ retry: { maxAttempts: 1 } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** What is said besides an answer, in the last chunk of its stream. */
function lastFacts({ events }: Answer): Record<string, unknown> {
  const chunk = z.object({ holdfast: z.record(z.string(), z.unknown()) });
  const facts = events
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => chunk.safeParse(JSON.parse(data)))
    .find(({ success }) => success)?.data;
  return facts?.holdfast ?? {};
}

const listed = (names: unknown): string[] => String(names).split(', ');

describe.each([false, true])('parameters of OpenAI’s format, streamed: %s', (stream) => {
  it('all reach a provider that speaks it, and nothing is said to be left out', async () => {
    const { provider } = gateway.kit;
    provider.plan(openaiModel, step.answer('{"city":"Bern"}'));
    const before = provider.calls(openaiModel).length;
    const answer = await ask(gateway.url, {
      wire: 'openai',
      model: openaiModel,
      stream,
      changes: { ...everything, ...(stream ? { stream_options: { include_usage: true } } : {}) },
    });
    expect(answer.status).toBe(200);
    const [call] = provider.calls(openaiModel).slice(before);
    expect(call?.body).toMatchObject(everything);
    expect(answer.headers.get('x-holdfast-dropped-params')).toBeNull();
    if (stream) expect(lastFacts(answer)).not.toHaveProperty('dropped-params');
  });

  it('each that the model behind does not take is named, and each other one reaches it', async () => {
    const { provider } = gateway.kit;
    provider.plan(openaiModel, step.status(503));
    provider.plan(anthropicModel, step.answer('{"city":"Bern"}'));
    const before = provider.calls(anthropicModel).length;
    const answer = await ask(gateway.url, {
      wire: 'openai',
      model: 'chain:default',
      stream,
      changes: everything,
    });
    expect(answer.status).toBe(200);
    const facts = stream ? lastFacts(answer) : Object.fromEntries(answer.headers);
    const dropped = listed(facts[stream ? 'dropped-params' : 'x-holdfast-dropped-params']);
    for (const name of unknownToAnthropic) expect(dropped).toContain(name);
    const body = provider.calls(anthropicModel).slice(before)[0]?.body ?? {};
    for (const name of Object.keys(everything).filter((one) => !dropped.includes(one))) {
      expect(body, name).toHaveProperty(inAnthropic[name] ?? name);
    }
  });

  it('a field that is in no format’s book goes to the provider, and its options of streams are read', async () => {
    const { provider } = gateway.kit;
    provider.plan(openaiModel, step.answer('Hello.'));
    const answer = await ask(gateway.url, {
      wire: 'openai',
      model: openaiModel,
      stream,
      changes: {
        stream_options: { include_obfuscation: false, include_usage: stream },
        messages: [{ role: 'user', content: 'Hello', mood: 'good' }],
        constructor: 'nobody',
      },
    });
    // The strict fake of this suite knows no such field, and neither does the vendor.
    expect(answer.status).toBe(400);
    expect(provider.unplanned.splice(0).join()).toContain('constructor');
  });
});

it('stream_options.include_usage: a last chunk with the usage and no choices, nulls before', async () => {
  gateway.kit.provider.plan(
    openaiModel,
    step.answer('Hello there.', { usage: { inputTokens: 12, outputTokens: 7 } }),
  );
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none' });
  const request = { model: openaiModel, messages: [{ role: 'user' as const, content: 'Hello' }] };
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  const stream = await openai.chat.completions.create({
    ...request,
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const chunk of stream) chunks.push(chunk);
  const last = chunks.pop();
  expect(last).toMatchObject({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 7 } });
  for (const chunk of chunks) expect(chunk.usage).toBeNull();
  const without = await openai.chat.completions.create({ ...request, stream: true });
  for await (const chunk of without) expect(chunk).not.toHaveProperty('usage');
});

it('fields of Anthropic’s format that another vendor has no use for are named', async () => {
  const { provider } = gateway.kit;
  provider.plan(openaiModel, step.answer('Hello.'));
  const answer = await ask(gateway.url, {
    wire: 'anthropic',
    model: openaiModel,
    changes: {
      top_k: 5,
      stop_sequences: ['END'],
      thinking: { type: 'enabled', budget_tokens: 1_024 },
      max_tokens: 2_000,
      context_management: { edits: [] },
      toString: 'x',
      system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
    },
  });
  expect(textIn('anthropic', answer)).toBe('Hello.');
  const dropped = listed(answer.headers.get('x-holdfast-dropped-params'));
  expect(dropped.toSorted()).toEqual(
    ['context_management', 'system.cache_control', 'toString', 'top_k'].toSorted(),
  );
  expect(provider.calls(openaiModel).at(-1)?.body).toMatchObject({
    stop: ['END'],
    reasoning_effort: expect.any(String) as string,
    max_tokens: 2_000,
  });
});

it('what Anthropic’s own tools did in earlier turns is left out and named, whole turns of it too', async () => {
  const { provider } = gateway.kit;
  provider.plan(openaiModel, step.answer('Hello.'));
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none' });
  const { data, response } = await anthropic.beta.messages
    .create({
      model: openaiModel,
      max_tokens: 20,
      messages: [
        { role: 'user', content: 'Look it up.' },
        {
          role: 'assistant',
          content: [{ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } }],
        },
        { role: 'user', content: 'And?' },
      ],
    })
    .withResponse();
  expect(data.content).toMatchObject([{ type: 'text', text: 'Hello.' }]);
  expect(response.headers.get('x-holdfast-dropped-params')).toContain('messages.content.server_tool_use');
  expect(provider.calls(openaiModel).at(-1)?.body['messages']).toMatchObject([
    { role: 'user', content: 'Look it up.' },
    { role: 'user', content: 'And?' },
  ]);
});

it('empty lists ask for nothing', async () => {
  gateway.kit.provider.plan(openaiModel, step.answer('Hello.'));
  const changes = {
    stop: [],
    tools: [],
    messages: [
      { role: 'assistant', content: 'Hi', tool_calls: [] },
      { role: 'user', content: 'Hello' },
    ],
  };
  const answer = await ask(gateway.url, { wire: 'openai', model: openaiModel, changes });
  expect(textIn('openai', answer)).toBe('Hello.');
});
