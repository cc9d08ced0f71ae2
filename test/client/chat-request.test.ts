import { describe, expect, it } from 'vitest';
import { InvalidRequestError, type CompletionRequest } from '../../client/index.js';
import { checkRequest } from '../../client/request.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const weather = {
  name: 'weather',
  description: 'Weather of a place',
  parameters: { type: 'object', properties: { place: { type: 'string' } } },
};

const whole: CompletionRequest = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', source: { from: 'url', url: 'https://example.org/cat.png' }, detail: 'low' },
        { type: 'document', source: { from: 'data', mediaType: 'application/pdf', data: 'JVBERi0=' } },
      ],
    },
    { role: 'assistant', toolCalls: [{ id: 'call-1', name: 'weather', arguments: '{"place":"Oslo"}' }] },
    { role: 'tool', toolCallId: 'call-1', content: '12 degrees' },
  ],
  tools: [weather],
  toolChoice: { tool: 'weather' },
  parallelToolCalls: false,
  responseFormat: { type: 'json_schema', name: 'answer', schema: { type: 'object' }, strict: true },
  reasoningEffort: 'low',
  seed: 7,
  n: 2,
  logprobs: true,
  topLogprobs: 3,
  extra: { service_tier: 'flex' },
};

describe('a request with everything in it', () => {
  it('is taken as it is', () => {
    const { input } = checkRequest(whole);
    expect(input).toEqual({ target: { kind: 'chain', chain: 'default' }, chat: whole });
  });

  it.each<[string, CompletionRequest]>([
    [
      'image that is no URL',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { from: 'url', url: 'cat' } }] }] },
    ],
    [
      'image that is no base64',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image', source: { from: 'data', mediaType: 'image/png', data: '%%' } }],
          },
        ],
      },
    ],
    ['assistant message with nothing in it', { messages: [{ role: 'assistant' }] }],
    ['tool choice that was not offered', { messages, tools: [weather], toolChoice: { tool: 'clock' } }],
    ['required tool call without tools', { messages, toolChoice: 'required' }],
    ['task for a model that was named', { messages, model: 'gpt-4', task: 'write code' }],
    ['budget for a chain that was named', { messages, chain: 'fast', budget: 'low' }],
  ])('is refused with an %s', (_, request) => {
    expect(() => checkRequest(request)).toThrow(InvalidRequestError);
  });
});

describe('the target', () => {
  it.each<[Partial<CompletionRequest>, object]>([
    [{ strategy: 'auto' }, { kind: 'auto' }],
    [{ task: 'write a story' }, { kind: 'auto', task: 'write a story' }],
    [{ budget: 'low' }, { kind: 'auto', budget: 'low' }],
    [
      { strategy: 'auto', budget: 'low', task: 'x' },
      { kind: 'auto', task: 'x', budget: 'low' },
    ],
    [{ strategy: 'coding' }, { kind: 'strategy', strategy: 'coding' }],
    [{}, { kind: 'chain', chain: 'default' }],
  ])('of %j', (asked, target) => {
    expect(checkRequest({ messages, ...asked }).input.target).toEqual(target);
  });
});

describe('the fingerprint', () => {
  it('is the same for a streamed request', () => {
    expect(checkRequest({ messages, stream: true }).fingerprint).toBe(checkRequest({ messages }).fingerprint);
  });

  it('is the same whatever the order of names, and with what is undefined left out', () => {
    const one = checkRequest({ messages, tools: [weather], seed: 1 });
    const other = checkRequest({
      seed: 1,
      model: undefined,
      tools: [{ parameters: weather.parameters, description: weather.description, name: weather.name }],
      messages,
    });
    expect(other.fingerprint).toBe(one.fingerprint);
  });

  it.each<Partial<CompletionRequest>>([
    { seed: 2 },
    { maxCostUsd: 1 },
    { context: { ttlMs: 1, refresh: 'x' } },
    { task: 'other' },
    { messages: [{ role: 'user', content: 'Say goodbye' }] },
  ])('differs with %j', (change) => {
    expect(checkRequest({ messages, ...change }).fingerprint).not.toBe(
      checkRequest({ messages }).fingerprint,
    );
  });
});
