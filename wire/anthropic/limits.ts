import { textOf, type ChatMessage } from '../../contracts/chat.js';

/** The most that the Claude 3 models take, so that every model takes it. */
const smallestMaximum = 4_096;

/** The limit that Anthropic's SDKs set on calls that do not stream: more could last longer than connections do. */
const longestPlainAnswer = 21_333;

/**
 * Most tokens that a plain call may ask a model for, by the vendor's table of models and, from Claude 3.7 on, by the
 * limit on plain calls. First match wins.
 */
const maxima: readonly { models: RegExp; tokens: number }[] = [
  { models: /claude-3-(?:opus|sonnet|haiku)/, tokens: smallestMaximum },
  { models: /claude-3-5-/, tokens: 8_192 },
  { models: /claude-opus-4(?:-[01])?(?:[-@]\d{8}|-latest|$)/, tokens: 8_192 },
  { models: /claude-(?:3-7-|[a-z]+-[4-9])/, tokens: longestPlainAnswer },
];

/** Of every Claude model, at least. */
const claudeWindow = 200_000;

/** At least what Anthropic counts for the largest image. */
const imageTokens = 5_000;

/** What is known of the model and of the call; all absent: nothing. */
export interface LimitFacts {
  /** Tokens that the model can hold. */
  contextWindow?: number | undefined;
  /** Most tokens that the model can write. */
  maxOutputTokens?: number | undefined;
  /** A streamed answer may be as long as the model can write. */
  stream?: boolean;
  /** Tokens asked for as reasoning, for which there must be room beside the answer. */
  reasoningBudget?: number | undefined;
}

/**
 * The token limit for a request that sets none, since Anthropic demands one: the most that the model writes, less where
 * the question leaves less of its window. A token is at least a byte, so what is left is known without counting.
 */
export function defaultMaxTokens(
  upstreamModel: string,
  messages: readonly ChatMessage[],
  { contextWindow, maxOutputTokens, stream = false, reasoningBudget = 0 }: LimitFacts = {},
): number {
  const known = maxima.find(({ models }) => models.test(upstreamModel))?.tokens;
  const answer =
    stream || known === undefined
      ? (maxOutputTokens ?? known ?? smallestMaximum)
      : Math.min(known, maxOutputTokens ?? Infinity);
  const most = Math.min(
    Math.max(stream ? answer : Math.min(answer, longestPlainAnswer), reasoningBudget + smallestMaximum),
    maxOutputTokens ?? Infinity,
  );
  const window = contextWindow ?? (known === undefined ? Infinity : claudeWindow);
  const surelyLeft = window - messages.reduce((sum, message) => sum + mostTokensOf(message), 0);
  // Where the bytes fill the window the tokens mostly do not; half of a small window is then a fair share.
  const least = Math.min(smallestMaximum, Math.ceil(window / 2));
  return Math.min(most, Math.max(least, surelyLeft));
}

function mostTokensOf(message: ChatMessage): number {
  const { content } = message;
  const parts = typeof content === 'object' ? content : [];
  const media = parts.reduce((sum, part) => {
    if (part.type === 'text') return sum;
    const inline = part.type === 'document' && part.source.from === 'data' ? part.source.data.length : 0;
    return sum + Math.max(imageTokens, inline);
  }, 0);
  const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
  const called = calls.reduce((sum, call) => sum + Buffer.byteLength(call.name + call.arguments), 0);
  return Buffer.byteLength(textOf(content)) + media + called;
}
