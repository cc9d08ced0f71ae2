import fc from 'fast-check';
import type { ChatAnswer } from '../../contracts/chat.js';

const anyText = fc.string({ unit: 'grapheme', maxLength: 30 });
export const anyVisible = anyText.filter((text) => text.trim() !== '');
export const anyId = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/);
export const anyJsonObject = fc
  .dictionary(
    fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'),
    fc.jsonValue({ maxDepth: 2 }),
    { maxKeys: 3, noNullPrototype: true },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);

export const anyReasoning = fc.oneof(
  fc.record({ text: anyText, signature: fc.base64String({ minLength: 4 }) }),
  fc.record({ text: fc.constant(''), redacted: fc.base64String({ minLength: 4 }) }),
);
export const anyToolCall = fc.record({
  id: anyId,
  name: anyId,
  arguments: anyJsonObject.map((input) => JSON.stringify(input)),
});

const count = fc.integer({ min: 1, max: 10_000 });
const anyUsage = fc
  .record(
    {
      fresh: count,
      outputTokens: count,
      cachedInputTokens: count,
      cacheWriteInputTokens: count,
      reasoningTokens: count,
    },
    { requiredKeys: ['fresh', 'outputTokens'] },
  )
  .map(({ fresh, ...usage }) => ({
    ...usage,
    inputTokens: fresh + (usage.cachedInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0),
  }));

export const names = { id: 'msg_1', model: 'claude-sonnet-5' };

const anyEnding = fc.constantFrom<
  Pick<ChatAnswer, 'finishReason' | 'providerFinishReason' | 'refused' | 'incomplete'>
>(
  { finishReason: 'stop', providerFinishReason: 'end_turn' },
  { finishReason: 'stop', providerFinishReason: 'stop_sequence' },
  { finishReason: 'tool_calls', providerFinishReason: 'tool_use' },
  { finishReason: 'length', providerFinishReason: 'max_tokens', incomplete: 'length' },
  { finishReason: 'pause', providerFinishReason: 'pause_turn', incomplete: 'pause' },
  { finishReason: 'context', providerFinishReason: 'model_context_window_exceeded', incomplete: 'context' },
  { finishReason: 'refusal', providerFinishReason: 'refusal', refused: true },
);

/** Any answer that the format can carry. */
export const anyAnswer: fc.Arbitrary<ChatAnswer> = fc
  .record({
    ending: anyEnding,
    text: anyText,
    calls: fc.array(anyToolCall, { minLength: 1, maxLength: 3 }),
    reasoning: fc.array(anyReasoning, { maxLength: 2 }),
    usage: anyUsage,
  })
  .map(({ ending, text, calls, reasoning, usage }) => ({
    ...ending,
    text: ending.finishReason === 'stop' ? `${text}.` : text,
    ...(ending.finishReason === 'tool_calls' ? { toolCalls: calls } : {}),
    ...(reasoning.length === 0 ? {} : { reasoning }),
    usage,
    responseId: names.id,
    upstreamModel: names.model,
  }));
