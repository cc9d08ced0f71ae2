import { describe, expect, it } from 'vitest';
import type { ChatMessage, ChatParameters } from '../../contracts/chat.js';
import { toAnthropic } from '../../wire/anthropic/index.js';
import type { Traits } from '../../wire/traits.js';

const question: ChatMessage[] = [{ role: 'user', content: 'Hi.' }];
const send = (parameters: ChatParameters, traits: Traits = {}, messages = question) =>
  toAnthropic('claude', { messages, ...parameters }, [], traits, { stream: false });
const tools = [{ name: 'f', description: 'Does.', parameters: { type: 'object', properties: {} } }];
const dropped = (...names: (keyof ChatParameters)[]) =>
  names.map((parameter) => ({ parameter, how: 'dropped' }));

describe('parameters in the Anthropic format', () => {
  it('leaves out what the format has no field for, and says so', () => {
    const { body, adapted } = send({
      maxTokens: 9,
      seed: 1,
      presencePenalty: 0.5,
      frequencyPenalty: -0.5,
      n: 2,
      logprobs: true,
      topLogprobs: 3,
      extra: { service_tier: 'flex' },
    });
    expect(body).toEqual({ model: 'claude', max_tokens: 9, messages: question });
    expect(adapted).toEqual([
      ...dropped('seed', 'presencePenalty', 'frequencyPenalty', 'n', 'logprobs', 'topLogprobs'),
      { parameter: 'extra', how: 'dropped', detail: 'service_tier' },
    ]);
  });

  it('says nothing of what asks for nothing', () => {
    const { body, adapted } = send({
      maxTokens: 9,
      presencePenalty: 0,
      frequencyPenalty: 0,
      n: 1,
      logprobs: false,
      topLogprobs: 0,
      extra: {},
      tools: [],
      toolChoice: 'auto',
      parallelToolCalls: true,
      stop: [],
      responseFormat: { type: 'text' },
      reasoningEffort: 'none',
    });
    expect(body).toEqual({ model: 'claude', max_tokens: 9, messages: question });
    expect(adapted).toEqual([]);
  });

  it('leaves out what the model refuses; says so unless the caller knows', () => {
    const request = { messages: question, maxTokens: 9, temperature: 0.5, topP: 0.5, topK: 5 };
    const traits: Traits = { refuses: ['temperature', 'topP', 'stop'] };
    const { body, adapted } = toAnthropic(
      'claude',
      request,
      [{ parameter: 'topP', how: 'dropped' }],
      traits,
      {
        stream: false,
      },
    );
    expect(body).toEqual({ model: 'claude', max_tokens: 9, messages: question, top_k: 5 });
    expect(adapted).toEqual(dropped('temperature'));
  });

  it('asks for a stream, and names the end user', () => {
    const request = { messages: question, maxTokens: 9, user: 'u-1' };
    expect(toAnthropic('claude', request, [], {}, { stream: true }).body).toEqual({
      model: 'claude',
      max_tokens: 9,
      messages: question,
      stream: true,
      metadata: { user_id: 'u-1' },
    });
  });

  it.each([
    [['\n', 'END'], ['END'], 'clamped'],
    [['\n', ' '], undefined, 'dropped'],
  ])('leaves out stops without a visible character: %j', (stop, sent, how) => {
    const { body, adapted } = send({ stop });
    expect(body.stop_sequences).toEqual(sent);
    expect(adapted).toEqual([{ parameter: 'stop', how }]);
  });

  it('keeps the limit within what the model can write', () => {
    const { body, adapted } = send({ maxTokens: 50_000 }, { maxOutputTokens: 8_192 });
    expect(body.max_tokens).toBe(8_192);
    expect(adapted).toEqual([{ parameter: 'maxTokens', how: 'clamped' }]);
  });
});

describe('tools in the Anthropic format', () => {
  it.each<[ChatParameters, object | undefined]>([
    [{}, undefined],
    [{ toolChoice: 'auto' }, { type: 'auto' }],
    [{ toolChoice: 'required' }, { type: 'any' }],
    [{ toolChoice: 'none' }, { type: 'none' }],
    [{ toolChoice: { tool: 'f' } }, { type: 'tool', name: 'f' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      { toolChoice: { tool: 'f' }, parallelToolCalls: false },
      { type: 'tool', name: 'f', disable_parallel_tool_use: true },
    ],
    [{ toolChoice: 'none', parallelToolCalls: false }, { type: 'none' }],
  ])('%j -> %j', (parameters, choice) => {
    const { body, adapted } = send({ tools, ...parameters });
    expect(body.tool_choice).toEqual(choice);
    expect(adapted).toEqual([]);
  });

  it('gives a schema the type that is demanded', () => {
    const { body } = send({ tools: [{ name: 'a' }, { name: 'b', parameters: { properties: { x: {} } } }] });
    expect(body.tools).toEqual([
      { name: 'a', input_schema: { type: 'object', properties: {} } },
      { name: 'b', input_schema: { type: 'object', properties: { x: {} } } },
    ]);
  });

  it('asks for strict arguments only where the model can be held to a schema', () => {
    const strict = [{ ...tools[0], name: 'f', strict: true }];
    expect(send({ tools: strict }).body.tools?.[0]).toHaveProperty('strict', true);
    const { body, adapted } = send({ tools: strict }, { lacks: ['json_schema'] });
    expect(body.tools?.[0]).not.toHaveProperty('strict');
    expect(adapted).toEqual([{ parameter: 'tools', how: 'dropped', detail: 'strict' }]);
  });

  it('sends a forced choice among no tools, for the provider to refuse', () => {
    const { body, adapted } = send({ toolChoice: 'required' });
    expect(body.tool_choice).toEqual({ type: 'any' });
    expect(adapted).toEqual([]);
  });
});

describe('the form of an answer in the Anthropic format', () => {
  const schema = { type: 'object', properties: { a: { type: 'array', items: { type: 'object' } } } };
  const closed = {
    type: 'object',
    properties: { a: { type: 'array', items: { type: 'object', additionalProperties: false } } },
    additionalProperties: false,
  };

  it('is a schema with closed objects, and is said to be changed where they were open', () => {
    const open = send({ responseFormat: { type: 'json_schema', name: 'x', schema } });
    expect(open.body.output_config).toEqual({ format: { type: 'json_schema', schema: closed } });
    expect(open.adapted).toEqual([{ parameter: 'responseFormat', how: 'clamped' }]);
    const same = send({ responseFormat: { type: 'json_schema', name: 'x', schema: closed } });
    expect(same.body.output_config).toEqual({ format: { type: 'json_schema', schema: closed } });
    expect(same.adapted).toEqual([]);
  });

  it('closes nothing but schemas: a default or a property of that name stays as it is', () => {
    const odd = {
      type: 'object',
      additionalProperties: false,
      properties: { type: { type: 'string', default: { type: 'object' } } },
      $defs: { a: { anyOf: [{ type: 'object' }, { type: 'null' }] } },
    };
    const { body } = send({ responseFormat: { type: 'json_schema', name: 'x', schema: odd } });
    expect(body.output_config?.format?.schema).toEqual({
      ...odd,
      $defs: { a: { anyOf: [{ type: 'object', additionalProperties: false }, { type: 'null' }] } },
    });
  });

  it('JSON of any kind is asked for in words, since there is no field for it, and said to be', () => {
    const messages: ChatMessage[] = [{ role: 'system', content: 'Be kind.' }, ...question];
    const { body, adapted } = send({ responseFormat: { type: 'json_object' } }, {}, messages);
    expect(body).not.toHaveProperty('output_config');
    expect(body.system).toMatch(/^Be kind\.\n\nAnswer with .*JSON/);
    expect(adapted).toEqual([{ parameter: 'responseFormat', how: 'mapped' }]);
  });
});
