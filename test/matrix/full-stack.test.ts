import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompletionRequest } from '../../client/index.js';
import type { CompletionResult } from '../../contracts/completion.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step, type FakeCall } from '../support/fake-provider.js';

const openai = 'gpt-4';
const anthropic = 'claude-3-opus-20240229';
const formats = [
  ['OpenAI', openai],
  ['Anthropic', anthropic],
] as const;
const question = [{ role: 'user' as const, content: 'How warm is it in Paris and in Rome?' }];
const tools = [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }];
// As other vendors write ids: Anthropic takes neither dots nor colons.
const calls = [
  { id: 'functions.weather:0', name: 'weather', arguments: { city: 'Paris' } },
  { id: 'functions.weather:1', name: 'weather', arguments: { city: 'Rome' } },
];
const wellFormed = calls.map((call, at) => ({ ...call, id: `call_${at + 1}` }));
const leaves = step.status(429, { retryAfter: 60 });

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

/** The conversation with the calls that the model made, and what they gave. */
function continued({ answer, toolCalls = [] }: CompletionResult): CompletionRequest['messages'] {
  return [
    ...question,
    { role: 'assistant', content: answer, toolCalls },
    ...toolCalls.map(({ id }, at) => ({
      role: 'tool' as const,
      toolCallId: id,
      content: `${21 + at} degrees`,
    })),
  ];
}

function lastCall(model: string): FakeCall {
  const call = kit.provider.calls(model).at(-1);
  if (call === undefined) throw new Error(`${model} was not asked`);
  return call;
}

describe.each(['plain', 'streamed'] as const)('%s completions through the workflow', (way) => {
  const stream = way === 'streamed';

  it.each(formats)('%s: two tool calls, their results, and the answer', async (_, model) => {
    kit.provider.plan(
      model,
      step.once(step.toolCalls(wellFormed, { text: 'Let me look.' })),
      step.once(step.answer('21 and 22 degrees.')),
    );
    const asked = await kit.holdfast.complete({ model, messages: question, tools, stream });
    expect(asked).toMatchObject({ answer: 'Let me look.', finishReason: 'tool_calls', notices: [] });
    expect(asked.toolCalls).toEqual(
      wellFormed.map((call) => ({ ...call, arguments: JSON.stringify(call.arguments) })),
    );
    const told = await kit.holdfast.complete({ model, messages: continued(asked), tools, stream });
    expect(told).toMatchObject({ answer: '21 and 22 degrees.', finishReason: 'stop', notices: [] });
    expect(told).not.toHaveProperty('toolCalls');
  });

  it('OpenAI calls the tools, Anthropic gets their results and answers', async () => {
    kit.provider.plan(openai, step.once(step.toolCalls(calls)), leaves);
    kit.provider.plan(anthropic, step.once(step.answer('21 and 22 degrees.')));
    const asked = await kit.holdfast.complete({
      chain: 'default',
      messages: question,
      tools,
      seed: 7,
      stream,
    });
    expect(asked).toMatchObject({ model: openai, answer: '', fallback: null, notices: [] });

    const messages = continued(asked);
    const told = await kit.holdfast.complete({ chain: 'default', messages, tools, seed: 7, stream });
    expect(told).toMatchObject({
      model: anthropic,
      answer: '21 and 22 degrees.',
      fallback: { from: openai, to: anthropic, reason: 'rate_limited' },
      notices: [expect.stringMatching(/^seed: .*left out/)],
    });
    expect(lastCall(anthropic).body['messages']).toEqual([
      { role: 'user', content: question[0]?.content },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'functions_weather_0', name: 'weather', input: { city: 'Paris' } },
          { type: 'tool_use', id: 'functions_weather_1', name: 'weather', input: { city: 'Rome' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'functions_weather_0', content: '21 degrees' },
          { type: 'tool_result', tool_use_id: 'functions_weather_1', content: '22 degrees' },
        ],
      },
    ]);
  });

  it.each(formats)('%s: an image, and an answer that follows a schema', async (_, model) => {
    const place = { city: 'Paris' };
    kit.provider.plan(model, step.json(place));
    const schema = { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: false };
    const { answer, notices } = await kit.holdfast.complete({
      model,
      stream,
      responseFormat: { type: 'json_schema', name: 'place', schema },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { from: 'data', mediaType: 'image/png', data: 'aGVsbG8=' } },
            { type: 'text', text: 'Where is this?' },
          ],
        },
      ],
    });
    expect([JSON.parse(answer), notices]).toEqual([place, []]);
    const sent = JSON.stringify(lastCall(model).body);
    expect(sent).toContain('aGVsbG8=');
    expect(sent).toContain('"json_schema"');
  });

  it('several answers with log probabilities from OpenAI; from Anthropic one, and said so', async () => {
    kit.provider.plan(openai, step.answers(['Paris.', 'Lutetia.']));
    kit.provider.plan(anthropic, step.answer('Paris.'));
    const asked = { messages: question, n: 2, logprobs: true, stream };
    const several = await kit.holdfast.complete({ ...asked, model: openai });
    expect(several).toMatchObject({ answer: 'Paris.', furtherChoices: [{ text: 'Lutetia.' }], notices: [] });
    expect(several.logprobs?.map(({ token }) => token)).toEqual(['Pari', 's.']);

    const one = await kit.holdfast.complete({ ...asked, model: anthropic });
    expect(one).not.toHaveProperty('furtherChoices');
    expect(one.notices).toEqual([expect.stringMatching(/^n: /), expect.stringMatching(/^logprobs: /)]);
  });

  it('what the model thought is told; an effort that it refuses is left out, and said', async () => {
    kit.provider.plan(
      openai,
      step.once(step.status(400, { message: 'Unrecognized request argument supplied: reasoning_effort' })),
      step.once(step.reasoning('France, so Paris.', 'Paris.')),
    );
    const told = await kit.holdfast.complete({
      model: openai,
      messages: question,
      reasoningEffort: 'low',
      stream,
    });
    expect(told).toMatchObject({
      answer: 'Paris.',
      reasoning: [{ text: 'France, so Paris.' }],
      notices: [`reasoningEffort: ${openai} does not take it; it was left out`],
    });
    expect(lastCall(openai).body).not.toHaveProperty('reasoning_effort');
  });

  it('tools that the model refuses: another model, never without them', async () => {
    const message = `Unsupported parameter: 'tools' is not supported with this model.`;
    kit.provider.plan(openai, step.once(step.status(400, { message, code: 'unsupported_parameter' })));
    kit.provider.plan(anthropic, step.once(step.toolCalls(wellFormed)));
    const told = await kit.holdfast.complete({ chain: 'default', messages: question, tools, stream });
    expect(told.fallback).toMatchObject({ reason: 'unsupported_by_model' });
    expect(told.toolCalls).toHaveLength(2);
  });
});
