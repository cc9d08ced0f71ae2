import type { Trail } from '../contracts/attempt.js';
import { textOf, type ChatRequest, type Usage } from '../contracts/chat.js';
import type { Candidate } from '../contracts/route.js';

/** US dollars per million tokens. */
export interface TokenPrices {
  input: number;
  output: number;
  /** For input read from the provider's cache; as `input` when absent. */
  cachedInput?: number | undefined;
  /** For input written to the provider's cache; as `input` when absent. */
  cacheWriteInput?: number | undefined;
}

export interface Price extends TokenPrices {
  /** What a whole call costs whose question has more than `above` tokens; the highest one that is passed counts. */
  longPrompts?: readonly (TokenPrices & { above: number })[] | undefined;
}

/** US dollars of one call; null when the price or the tokens are not known. */
export function costOf(usage: Usage | undefined, price: Price | undefined): number | null {
  if (usage === undefined || price === undefined) return null;
  const { input, output, cachedInput = input, cacheWriteInput = input } = pricesFor(usage.inputTokens, price);
  // Parts of the input are no more than the input, whatever a provider says.
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens);
  const written = Math.min(usage.cacheWriteInputTokens ?? 0, usage.inputTokens - cached);
  const micro =
    (usage.inputTokens - cached - written) * input +
    cached * cachedInput +
    written * cacheWriteInput +
    usage.outputTokens * output;
  return micro / 1_000_000;
}

function pricesFor(inputTokens: number, price: Price): TokenPrices {
  const passed = (price.longPrompts ?? []).filter(({ above }) => inputTokens > above);
  return (
    passed.reduce<(typeof passed)[number] | undefined>(
      (highest, one) => (highest === undefined || one.above > highest.above ? one : highest),
      undefined,
    ) ?? price
  );
}

/** Length of an answer when the request sets no `maxTokens`, for estimates. */
export const assumedOutputTokens = 1_000;

/**
 * US dollars that one call is expected to cost; null when the price is not known. Four characters of the request are
 * taken as a token, its tools and schema included; what images and documents cost is not known before the call.
 */
export function estimateUsd(chat: ChatRequest, price: Price | undefined): number | null {
  const { messages, tools, responseFormat, maxTokens = assumedOutputTokens, n = 1 } = chat;
  const lengthOf = (part: unknown): number => (part === undefined ? 0 : JSON.stringify(part).length);
  const inMessages = messages.map(
    (message) =>
      textOf(message.content).length + lengthOf(message.role === 'assistant' ? message.toolCalls : undefined),
  );
  const characters =
    inMessages.reduce((sum, length) => sum + length, 0) + lengthOf(tools) + lengthOf(responseFormat);
  return costOf({ inputTokens: Math.ceil(characters / 4), outputTokens: maxTokens * n }, price);
}

/** US dollars of a trail. An attempt that was paid for and told no cost counts as what one call of its model is expected to. */
export function spentUsd(
  trail: Trail,
  candidates: readonly Pick<Candidate, 'model' | 'estimateUsd'>[] = [],
): number {
  return trail.reduce((sum, { model, costUsd }) => {
    if (costUsd !== null) return sum + (costUsd ?? 0);
    return sum + (candidates.find((candidate) => candidate.model === model)?.estimateUsd ?? 0);
  }, 0);
}

/** US dollars of a trail; null as soon as one paid attempt has no known price. */
export function totalCost(trail: Trail): number | null {
  let total = 0;
  for (const { usage, costUsd, outcome } of trail) {
    // A failure that reported neither is taken as unpaid; an answer that reported no tokens was surely paid for.
    if (usage === undefined && costUsd === undefined && outcome !== 'success') continue;
    if (costUsd === undefined || costUsd === null) return null;
    total += costUsd;
  }
  return Math.round(total * 1e9) / 1e9;
}

/** Tokens over all attempts that reported them. */
export function totalUsage(trail: Trail): Usage {
  const total: Usage = { inputTokens: 0, outputTokens: 0 };
  for (const { usage } of trail) {
    if (usage === undefined) continue;
    total.inputTokens += usage.inputTokens;
    total.outputTokens += usage.outputTokens;
    if (usage.cachedInputTokens !== undefined) {
      total.cachedInputTokens = (total.cachedInputTokens ?? 0) + usage.cachedInputTokens;
    }
    if (usage.cacheWriteInputTokens !== undefined) {
      total.cacheWriteInputTokens = (total.cacheWriteInputTokens ?? 0) + usage.cacheWriteInputTokens;
    }
    if (usage.reasoningTokens !== undefined) {
      total.reasoningTokens = (total.reasoningTokens ?? 0) + usage.reasoningTokens;
    }
  }
  return total;
}
