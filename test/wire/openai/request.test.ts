import fc from 'fast-check';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { ChatParameters } from '../../../contracts/chat.js';
import { toOpenAI } from '../../../wire/openai/index.js';
import { anyAdaptations, anyRequest } from '../any-request.js';
import { anyCarriedRequest } from './any-chat.js';
import { asking, hello, translate } from './translate.js';

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
