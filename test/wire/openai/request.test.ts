import fc from 'fast-check';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { ChatMessage, ChatParameters, ChatRequest } from '../../../contracts/chat.js';
import type { Adaptation } from '../../../wire/adaptation.js';
import { toOpenAI } from '../../../wire/openai/index.js';
import type { Traits } from '../../../wire/traits.js';
import { anyAdaptations, anyRequest } from '../any-request.js';
import { anyCarriedRequest } from './any-chat.js';

const plain = { stream: false };
const translate = (request: ChatRequest, traits: Traits = {}, adaptations: Adaptation[] = []) =>
  toOpenAI('gpt', request, adaptations, traits, plain);
const hello: ChatMessage[] = [{ role: 'user', content: 'Hi.' }];
const asking = (parameters: ChatParameters, traits: Traits = {}) =>
  translate({ messages: hello, ...parameters }, traits);
const bodyFor = (messages: ChatMessage[], traits: Traits = {}) =>
  translate({ messages }, traits).body.messages;
const tools = [{ name: 'weather' }];

describe('a request in the OpenAI format', () => {
  it('sends what was asked, less what the model is known to refuse', () => {
    fc.assert(
      fc.property(anyRequest, anyAdaptations, (request, adaptations) => {
        const { body } = translate(request, {}, adaptations);
        const has = (parameter: string, how: string) =>
          adaptations.some((made) => made.parameter === parameter && made.how === how);
        const limit = has('maxTokens', 'dropped') ? undefined : request.maxTokens;
        const renamed = has('maxTokens', 'renamed');
        expect(body.messages).toEqual(request.messages);
        expect(body.max_tokens).toBe(renamed ? undefined : limit);
        expect(body.max_completion_tokens).toBe(renamed ? limit : undefined);
        expect(body.temperature).toBe(has('temperature', 'dropped') ? undefined : request.temperature);
        expect(body.top_p).toBe(has('topP', 'dropped') ? undefined : request.topP);
        const stop = request.stop?.length === 0 || has('stop', 'dropped') ? undefined : request.stop;
        expect(body.stop).toEqual(stop);
        expect(Object.values(JSON.parse(JSON.stringify(body)) as object)).not.toContain(null);
      }),
    );
  });

  it('is what the vendor’s own types demand', () => {
    fc.assert(
      fc.property(anyCarriedRequest, fc.boolean(), (request, stream) => {
        // The compiler is the test; that it is also run shows that every request can be translated.
        const body = toOpenAI('gpt', request, [], {}, { stream })
          .body satisfies OpenAI.Chat.ChatCompletionCreateParams;
        expect(body.stream).toBe(stream ? true : undefined);
      }),
    );
  });

  it('names every parameter as the format does', () => {
    const parameters: ChatParameters = {
      maxTokens: 9,
      temperature: 0.3,
      topP: 0.8,
      stop: ['END'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: -0.1,
      tools: [{ name: 'weather', description: 'Of today', parameters: { type: 'object' }, strict: true }],
      toolChoice: { tool: 'weather' },
      parallelToolCalls: false,
      responseFormat: { type: 'json_schema', name: 'report', schema: { type: 'object' }, strict: true },
      reasoningEffort: 'low',
      n: 2,
      logprobs: true,
      topLogprobs: 3,
      user: 'u-1',
      extra: { service_tier: 'flex' },
    };
    expect(asking(parameters, { tokenLimitName: 'max_completion_tokens' })).toEqual({
      body: {
        model: 'gpt',
        messages: hello,
        max_completion_tokens: 9,
        temperature: 0.3,
        top_p: 0.8,
        stop: ['END'],
        seed: 7,
        presence_penalty: 0.1,
        frequency_penalty: -0.1,
        tools: [
          {
            type: 'function',
            function: {
              name: 'weather',
              description: 'Of today',
              parameters: { type: 'object' },
              strict: true,
            },
          },
        ],
        tool_choice: { type: 'function', function: { name: 'weather' } },
        parallel_tool_calls: false,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'report', schema: { type: 'object' }, strict: true },
        },
        reasoning_effort: 'low',
        n: 2,
        logprobs: true,
        top_logprobs: 3,
        user: 'u-1',
        service_tier: 'flex',
      },
      adapted: [],
    });
  });

  it.each([
    [true, {}, { stream: true, stream_options: { include_usage: true } }],
    [true, { streamUsage: false }, { stream: true }],
    [false, {}, {}],
  ])('asked for as a stream: %s, traits %o -> %o', (stream, traits, fields) => {
    const { body } = toOpenAI('gpt', { messages: hello }, [], traits, { stream });
    expect(body).toEqual({ model: 'gpt', messages: hello, ...fields });
  });
});

describe('what OpenAI’s format or a model does not take', () => {
  it.each<[string, ChatParameters, Traits, object, Adaptation[]]>([
    ['topK', { topK: 40 }, {}, {}, [{ parameter: 'topK', how: 'dropped' }]],
    [
      'a parameter that the model refuses',
      { temperature: 1, seed: 1 },
      { refuses: ['temperature', 'topP'] },
      { seed: 1 },
      [{ parameter: 'temperature', how: 'dropped' }],
    ],
    [
      'a reasoning budget',
      { reasoningBudget: 6_000 },
      {},
      { reasoning_effort: 'medium' },
      [{ parameter: 'reasoningBudget', how: 'mapped' }],
    ],
    [
      'no reasoning at all',
      { reasoningBudget: 0 },
      {},
      { reasoning_effort: 'none' },
      [{ parameter: 'reasoningBudget', how: 'mapped' }],
    ],
    [
      'a reasoning budget beside an effort',
      { reasoningBudget: 20_000, reasoningEffort: 'low' },
      {},
      { reasoning_effort: 'low' },
      [{ parameter: 'reasoningBudget', how: 'dropped' }],
    ],
    [
      'a reasoning budget where no effort is taken',
      { reasoningBudget: 20_000 },
      { refuses: ['reasoningEffort'] },
      {},
      [{ parameter: 'reasoningBudget', how: 'dropped' }],
    ],
    [
      'choices about tools where there are none',
      { toolChoice: 'none', parallelToolCalls: true, tools: [] },
      {},
      {},
      [
        { parameter: 'parallelToolCalls', how: 'dropped' },
        { parameter: 'toolChoice', how: 'dropped' },
      ],
    ],
    ['a tool demanded where there is none', { toolChoice: 'required' }, {}, { tool_choice: 'required' }, []],
    [
      'alternatives of tokens without their probabilities',
      { logprobs: true, topLogprobs: 2 },
      { refuses: ['logprobs'] },
      {},
      [
        { parameter: 'logprobs', how: 'dropped' },
        { parameter: 'topLogprobs', how: 'dropped' },
      ],
    ],
  ])('%s: sent as far as it goes, and said', (_, parameters, traits, fields, adapted) => {
    expect(asking(parameters, traits)).toEqual({
      body: { model: 'gpt', messages: hello, ...fields },
      adapted,
    });
  });

  it('no parameter is lost without a word', () => {
    const names: Record<string, string> = {
      topP: 'top_p',
      presencePenalty: 'presence_penalty',
      frequencyPenalty: 'frequency_penalty',
      toolChoice: 'tool_choice',
      parallelToolCalls: 'parallel_tool_calls',
      responseFormat: 'response_format',
      reasoningEffort: 'reasoning_effort',
      topLogprobs: 'top_logprobs',
      maxTokens: 'max_tokens',
      extra: 'service_tier',
    };
    const parameters: ChatParameters = {
      ...{ maxTokens: 1, temperature: 1, topP: 1, topK: 1, stop: ['x'], seed: 1, presencePenalty: 1 },
      ...{ frequencyPenalty: 1, tools, toolChoice: 'auto', parallelToolCalls: true, n: 1, logprobs: true },
      ...{ responseFormat: { type: 'text' }, reasoningEffort: 'low', reasoningBudget: 1, topLogprobs: 1 },
      ...{ user: 'u', extra: { service_tier: 'flex' } },
    };
    const all = Object.keys(parameters) as (keyof ChatParameters)[];
    fc.assert(
      fc.property(fc.subarray(all), fc.subarray(all), (asked, refuses) => {
        const request = Object.fromEntries(asked.map((name) => [name, parameters[name]]));
        const { body, adapted } = asking(request, { refuses });
        for (const name of asked) {
          const sent = Object.hasOwn(body, names[name] ?? name);
          expect([name, sent || adapted.some(({ parameter }) => parameter === name)]).toEqual([name, true]);
          if (refuses.includes(name)) expect([name, sent]).toEqual([name, false]);
        }
      }),
    );
  });

  it('extra fields never take the place of what Holdfast sets, nor bring what it would have to read', () => {
    const extra = JSON.parse(
      '{"model":"other","stream":true,"temperature":2,"functions":[],"__proto__":{"polluted":1},"verbosity":"low"}',
    ) as Record<string, unknown>;
    const { body, adapted } = asking({ extra }, { refuses: ['temperature'] });
    expect(JSON.parse(JSON.stringify(body))).toEqual({ model: 'gpt', messages: hello, verbosity: 'low' });
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(adapted.map(({ parameter, how, detail }) => [parameter, how, detail])).toEqual(
      ['model', 'stream', 'temperature', 'functions', '__proto__'].map((name) => ['extra', 'dropped', name]),
    );
  });
});

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
