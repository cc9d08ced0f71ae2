import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { step } from '../support/fake-provider.js';
import { startGatewayKit, type GatewayKit } from './gateway-kit.js';

const first = 'gpt-4';
const second = 'claude-3-opus-20240229';
const schema = { type: 'object' as const, properties: { city: { type: 'string' } } };
const question = 'What is the weather in Bern and in Basel, and the time in Bern?';

/** Two calls at a time, of one model and then, after a fallback, one of the other. */
const firstCalls = [
  { name: 'weather', arguments: { city: 'Bern' }, id: 'call_bern' },
  { name: 'weather', arguments: { city: 'Basel "on the Rhine"' }, id: 'call_basel' },
];
const secondCall = { name: 'time', arguments: { city: 'Bern' }, id: 'toolu_time' };

let gateway: GatewayKit;
let openai: OpenAI;
let anthropic: Anthropic;
beforeAll(async () => {
  gateway = await startGatewayKit({
    retry: { maxAttempts: 1 },
    policy: { circuitBreaker: { enabled: false } },
  });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none' });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The model asked for calls tools; then it fails and the other one calls one; then that fails and the first one answers. */
beforeEach(() => {
  const { provider } = gateway.kit;
  provider.plan(
    first,
    step.toolCalls(firstCalls),
    step.status(503),
    step.once(step.answer('Sunny, rainy, noon.')),
  );
  provider.plan(second, step.once(step.toolCalls([secondCall], { text: 'And the time.' })));
});

/** In the third turn the first model gets all that was said, in its own format, whoever said it. */
function expectWholeConversation(): void {
  const { provider } = gateway.kit;
  const toSecond = JSON.stringify(provider.calls(second).at(-1)?.body['messages']);
  for (const { id } of firstCalls) expect(toSecond.split(`"${id}"`)).toHaveLength(3);
  const last = provider.calls(first).at(-1)?.body['messages'];
  expect(last).toMatchObject([
    { role: 'user' },
    {
      role: 'assistant',
      tool_calls: firstCalls.map(({ id, name, arguments: input }) => ({
        id,
        function: { name, arguments: JSON.stringify(input) },
      })),
    },
    ...firstCalls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: `weather of ${id}` })),
    {
      role: 'assistant',
      content: 'And the time.',
      tool_calls: [
        {
          id: secondCall.id,
          function: { name: 'time', arguments: JSON.stringify(secondCall.arguments) },
        },
      ],
    },
    { role: 'tool', tool_call_id: secondCall.id, content: 'noon' },
  ]);
}

type Turn = OpenAI.ChatCompletionMessageParam;

describe.each(['plain', 'streamed'])('tools over a fallback and back, %s', (way) => {
  it('in OpenAI’s SDK', async () => {
    const messages: Turn[] = [{ role: 'user', content: question }];
    const tools = ['weather', 'time'].map((name) => ({
      type: 'function' as const,
      function: { name, parameters: schema },
    }));
    const ask = async (): Promise<OpenAI.ChatCompletion> => {
      const request = { model: 'chain:default', messages, tools };
      return way === 'plain'
        ? openai.chat.completions.create(request)
        : openai.chat.completions.stream(request).finalChatCompletion();
    };
    const models: string[] = [];
    const turn = async (resultOf: (id: string) => string): Promise<string | null> => {
      const { choices, model } = await ask();
      const [choice] = choices;
      if (choice === undefined) throw new Error('no choice');
      models.push(model);
      messages.push(choice.message);
      for (const call of choice.message.tool_calls ?? []) {
        expect(choice.finish_reason).toBe('tool_calls');
        if (call.type !== 'function') throw new Error('a call of another kind');
        JSON.parse(call.function.arguments);
        messages.push({ role: 'tool', tool_call_id: call.id, content: resultOf(call.id) });
      }
      return choice.message.content;
    };
    await turn((id) => `weather of ${id}`);
    await turn(() => 'noon');
    expect(await turn(() => '')).toBe('Sunny, rainy, noon.');
    expect(models).toEqual([first, second, first]);
    expectWholeConversation();
  });

  it('in Anthropic’s SDK', async () => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }];
    const tools = ['weather', 'time'].map((name) => ({ name, input_schema: schema }));
    const ask = async (): Promise<Anthropic.Message> => {
      const request = { model: 'chain:default', messages, tools, max_tokens: 200 };
      return way === 'plain'
        ? anthropic.messages.create(request)
        : anthropic.messages.stream(request).finalMessage();
    };
    const models: string[] = [];
    const turn = async (resultOf: (id: string) => string): Promise<Anthropic.ContentBlock[]> => {
      const { content, model, stop_reason: reason } = await ask();
      models.push(model);
      messages.push({ role: 'assistant', content });
      const calls = content.filter((block) => block.type === 'tool_use');
      if (calls.length > 0) {
        expect(reason).toBe('tool_use');
        messages.push({
          role: 'user',
          content: calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: resultOf(id) })),
        });
      }
      return content;
    };
    const [bern, basel] = await turn((id) => `weather of ${id}`);
    expect(bern).toMatchObject({ type: 'tool_use', input: firstCalls[0]?.arguments });
    expect(basel).toMatchObject({ type: 'tool_use', input: firstCalls[1]?.arguments });
    await turn(() => 'noon');
    expect(await turn(() => '')).toMatchObject([{ type: 'text', text: 'Sunny, rainy, noon.' }]);
    expect(models).toEqual([first, second, first]);
    expectWholeConversation();
  });
});

it('a tool call that Gemini signed comes back with its signature', async () => {
  const { provider } = gateway.kit;
  provider.plan(first, step.answer('Sunny.'));
  const call = { id: 'call_1', type: 'function' as const, function: { name: 'weather', arguments: '{}' } };
  const signed = { ...call, extra_content: { google: { thought_signature: 'abc' } } };
  const { choices } = await openai.chat.completions.create({
    model: first,
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', tool_calls: [signed] },
      { role: 'tool', tool_call_id: 'call_1', content: 'sun' },
    ],
    tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }],
  });
  expect(choices[0]?.message.content).toBe('Sunny.');
});

it('SDKs do not repeat what Holdfast has repeated: calls are those of the policy', async () => {
  await using retrying = await startGatewayKit({
    retry: { maxAttempts: 2 },
    policy: { circuitBreaker: { enabled: false } },
  });
  const { provider } = retrying.kit;
  const clients = {
    openai: new OpenAI({ baseURL: `${retrying.url}/v1`, apiKey: 'none' }),
    anthropic: new Anthropic({ baseURL: retrying.url, apiKey: 'none' }),
  };
  expect(clients.openai.maxRetries).toBe(2);
  expect(clients.anthropic.maxRetries).toBe(2);
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  for (const status of [429, 503]) {
    provider.plan(first, step.status(status));
    provider.plan(second, step.status(status));
    const request = { model: 'chain:default', messages, max_tokens: 10 };
    const asks = [
      () => clients.openai.chat.completions.create(request),
      () => clients.openai.chat.completions.stream(request).finalChatCompletion(),
      () => clients.anthropic.messages.create(request),
      () => clients.anthropic.messages.stream(request).finalMessage(),
    ];
    for (const ask of asks) {
      const before = provider.calls().length;
      await expect(ask()).rejects.toMatchObject({ status: status === 429 ? 429 : 503 });
      expect(provider.calls().length - before).toBe(4);
    }
  }
});
