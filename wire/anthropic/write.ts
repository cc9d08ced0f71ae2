import type { ChatAnswer, FinishReason, ReasoningBlock, ToolCall, Usage } from '../../contracts/chat.js';
import type {
  AnthropicMessage,
  AnthropicStopReason,
  AnthropicUsage,
  AssistantBlock,
  ToolUseBlock,
} from './body.js';
import { inputOf } from './tools.js';

/** What an answer is written under. */
export interface AnswerNames {
  /** Of the response (`msg_...`). */
  id: string;
  /** The model that answered. */
  model: string;
}

/**
 * Writes an answer as the body of a 200 in Anthropic's messages format. It has one answer and no log probabilities:
 * `furtherChoices` and `logprobs` have no place in it. Tokens that are not known are written as 0, since a count is
 * demanded.
 */
export function writeAnthropic(answer: ChatAnswer, { id, model }: AnswerNames): AnthropicMessage {
  const { text, toolCalls = [], reasoning = [] } = answer;
  return {
    ...emptyMessage({ id, model }),
    content: [
      ...reasoning.map(writtenThought),
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...toolCalls.map(writtenCall),
    ],
    stop_reason: stopReasonOf(answer),
    usage: usageBody(answer.usage),
  };
}

/** As a stream begins with it. */
export function emptyMessage({ id, model }: AnswerNames): AnthropicMessage {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: usageBody(undefined),
  };
}

/** A thought of another vendor has no signature, and the format demands the field. */
export function writtenThought({ text, signature = '', redacted }: ReasoningBlock): AssistantBlock {
  return redacted === undefined
    ? { type: 'thinking', thinking: text, signature }
    : { type: 'redacted_thinking', data: redacted };
}

export function writtenCall({ id, name, arguments: json }: ToolCall): ToolUseBlock {
  return { type: 'tool_use', id, name, input: inputOf(json) };
}

const stopReasons: Record<FinishReason, AnthropicStopReason> = {
  stop: 'end_turn',
  tool_calls: 'tool_use',
  length: 'max_tokens',
  refusal: 'refusal',
  pause: 'pause_turn',
  context: 'model_context_window_exceeded',
  other: 'end_turn',
};

export function stopReasonOf({ finishReason, providerFinishReason }: ChatAnswer): AnthropicStopReason {
  return finishReason === 'stop' && providerFinishReason === 'stop_sequence'
    ? 'stop_sequence'
    : stopReasons[finishReason];
}

export function usageBody(usage: Usage | undefined): AnthropicUsage {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, cacheWriteInputTokens = 0 } = usage ?? {};
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - cacheWriteInputTokens),
    cache_read_input_tokens: cachedInputTokens,
    cache_creation_input_tokens: cacheWriteInputTokens,
    output_tokens: outputTokens,
    ...(usage?.reasoningTokens === undefined
      ? {}
      : { output_tokens_details: { thinking_tokens: usage.reasoningTokens } }),
  };
}
