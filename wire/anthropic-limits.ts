import { textOf, type ChatMessage } from '../contracts/chat.js';

/** The most that the Claude 3 models take, so that every model takes it. */
const smallestMaximum = 4_096;

/**
 * Most tokens that a plain call may ask a model for, by the vendor's table of models and, from Claude 3.7 on, by the
 * limit that its SDKs set on calls that do not stream: more could last longer than connections do. First match wins.
 */
const maxima: readonly { models: RegExp; tokens: number }[] = [
  { models: /claude-3-(?:opus|sonnet|haiku)/, tokens: smallestMaximum },
  { models: /claude-3-5-/, tokens: 8_192 },
  { models: /claude-opus-4(?:-[01])?(?:[-@]\d{8}|-latest|$)/, tokens: 8_192 },
  { models: /claude-(?:3-7-|[a-z]+-[4-9])/, tokens: 21_333 },
];

/** Of every Claude model, at least. */
const claudeWindow = 200_000;

/**
 * The token limit for a request that sets none, since Anthropic demands one: the most that the model writes, less where
 * the question leaves less of its window. A token is at least a byte, so what is left is known without counting.
 * @param contextWindow Tokens that the model can hold; absent: not known.
 */
export function defaultMaxTokens(
  upstreamModel: string,
  messages: readonly ChatMessage[],
  contextWindow?: number,
): number {
  const known = maxima.find(({ models }) => models.test(upstreamModel));
  const most = known?.tokens ?? smallestMaximum;
  const window = contextWindow ?? (known === undefined ? Infinity : claudeWindow);
  const surelyLeft =
    window - messages.reduce((sum, { content }) => sum + Buffer.byteLength(textOf(content)), 0);
  // Where the bytes fill the window the tokens mostly do not; half of a small window is then a fair share.
  const least = Math.min(smallestMaximum, Math.ceil(window / 2));
  return Math.min(most, Math.max(least, surelyLeft));
}
