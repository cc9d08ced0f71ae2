import fc from 'fast-check';
import type {
  ChatMessage,
  ChatParameters,
  ChatRequest,
  ContentPart,
  TextPart,
} from '../../contracts/chat.js';
import type { Traits } from '../../wire/traits.js';
import { anyId, anyJsonObject, anyReasoning, anyToolCall, anyVisible } from './anthropic-answers.js';

const anySource = (...mediaTypes: string[]) =>
  fc.oneof(
    fc.record({ from: fc.constant('url' as const), url: fc.webUrl() }),
    fc.record({
      from: fc.constant('data' as const),
      mediaType: fc.constantFrom(...mediaTypes),
      data: fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text).toString('base64')),
    }),
  );
const anyTextPart: fc.Arbitrary<TextPart> = fc.record({ type: fc.constant('text'), text: anyVisible });
const anyMediaPart: fc.Arbitrary<ContentPart> = fc.oneof(
  fc.record({ type: fc.constant('image' as const), source: anySource('image/png', 'image/webp') }),
  fc.record(
    {
      type: fc.constant('document' as const),
      source: anySource('application/pdf', 'text/plain'),
      name: anyVisible,
    },
    { requiredKeys: ['type', 'source'] },
  ),
);
const anyContent: fc.Arbitrary<string | ContentPart[]> = fc.oneof(
  anyVisible,
  fc
    .tuple(anyMediaPart, fc.array(fc.oneof(anyTextPart, anyMediaPart), { maxLength: 2 }))
    .map(([first, more]) => [first, ...more]),
);

const anyUser: fc.Arbitrary<ChatMessage> = fc.record({ role: fc.constant('user'), content: anyContent });
const anyTool: fc.Arbitrary<ChatMessage> = fc.record(
  { role: fc.constant('tool'), toolCallId: anyId, content: anyContent, isError: fc.constant(true) },
  { requiredKeys: ['role', 'toolCallId', 'content'] },
);
const anyAssistant: fc.Arbitrary<ChatMessage> = fc
  .record(
    {
      role: fc.constant('assistant' as const),
      content: fc.oneof(anyVisible, fc.array(anyTextPart, { minLength: 2, maxLength: 3 })),
      toolCalls: fc.array(anyToolCall, { minLength: 1, maxLength: 2 }),
      reasoning: fc.array(anyReasoning, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ['role'] },
  )
  .filter(({ content, toolCalls }) => content !== undefined || toolCalls !== undefined);

const anyMessages: fc.Arbitrary<ChatMessage[]> = fc
  .tuple(
    fc.option(fc.record({ role: fc.constant('system' as const), content: anyVisible })),
    fc.array(fc.tuple(fc.array(anyTool, { maxLength: 2 }), anyUser, anyAssistant), { maxLength: 2 }),
    anyUser,
  )
  .map(([system, turns, last]) => [
    ...(system === null ? [] : [system]),
    ...turns.flatMap(([results, user, assistant]) => [...results, user, assistant]),
    last,
  ]);

const unit = fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs);

const anyParameters: fc.Arbitrary<ChatParameters> = fc.record(
  {
    maxTokens: fc.integer({ min: 2_000, max: 200_000 }),
    stop: fc.array(anyVisible, { minLength: 1, maxLength: 3 }),
    user: anyVisible,
    responseFormat: fc.constant({
      type: 'json_schema' as const,
      name: 'response',
      schema: { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
      strict: true,
    }),
  },
  { requiredKeys: ['maxTokens'] },
);
const anySampling: fc.Arbitrary<ChatParameters> = fc.record(
  { temperature: unit, topP: unit, topK: fc.nat(100) },
  { requiredKeys: [] },
);
const anyTools = (...choices: NonNullable<ChatParameters['toolChoice']>[]): fc.Arbitrary<ChatParameters> =>
  fc
    .record(
      {
        name: anyId,
        description: anyVisible,
        parameters: anyJsonObject.map((properties) => ({ type: 'object', properties })),
        strict: fc.boolean(),
      },
      { requiredKeys: ['name', 'parameters'] },
    )
    .chain((tool) =>
      fc.oneof(
        fc.constant<ChatParameters>({}),
        fc.constant<ChatParameters>({ tools: [tool] }),
        fc.constantFrom(...choices, 'none' as const).map((toolChoice) => ({ tools: [tool], toolChoice })),
        fc
          .constantFrom(...choices)
          .map((toolChoice) => ({ tools: [tool], toolChoice, parallelToolCalls: false })),
      ),
    );

/** Any request that the format can carry to a model with these traits. */
export const anyCarried: fc.Arbitrary<{ request: ChatRequest; traits: Traits; stream: boolean }> = fc
  .record({
    messages: anyMessages,
    parameters: anyParameters,
    stream: fc.boolean(),
    rest: fc.oneof(
      fc.tuple(
        fc.constant({ thinking: 'adaptive' as const }),
        anySampling,
        anyTools('auto', 'required', { tool: 't' }),
      ),
      fc.tuple(
        fc.constant({ thinking: 'adaptive' as const }),
        fc.record({ reasoningEffort: fc.constantFrom('none', 'low', 'medium', 'high', 'xhigh', 'max') }),
        anyTools('auto'),
      ),
      fc.tuple(
        fc.constant({ thinking: 'budget' as const }),
        fc.record({ reasoningBudget: fc.integer({ min: 1_024, max: 1_999 }) }),
        anyTools('auto'),
      ),
    ),
  })
  .map(({ messages, parameters, stream, rest: [traits, ...more] }) => ({
    request: { messages, ...parameters, ...more[0], ...more[1] },
    traits,
    stream,
  }));
