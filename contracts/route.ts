import type { Trail } from './attempt.js';
import type { ChatRequest } from './chat.js';
import type { RetryPolicy } from './policy.js';
import type { CompletionTarget } from './target.js';

/** What a route is asked for. A local activity's input is not recorded, so the messages cost no history. */
export interface RouteRequest {
  target: CompletionTarget;
  chat: ChatRequest;
  /** Most that the completion may cost in US dollars. */
  maxCostUsd?: number;
}

/** A model that may answer a completion, as one process's config resolved it. */
export interface Candidate {
  /** The configured name (`gpt-4`). */
  model: string;
  provider: string;
  /** Tokens the model can hold, question and answer together. */
  contextWindow?: number;
  /** Longest wait for the first token of its streams, in place of the one of the retry policy. */
  firstTokenTimeoutMs?: number;
  /** US dollars that one call is expected to cost; null when its price is not known. Present only under a budget. */
  estimateUsd?: number | null;
}

/** A model of the chain, or of those that it is balanced with, that was left out before any call, and why. */
export interface SkippedModel {
  model: string;
  reason: string;
}

/** How the first of several models is chosen: by weight at random, by weight in turn, or by load. */
export type BalanceStrategy = 'weighted' | 'round_robin' | 'least_loaded';

/** Everything the walk needs to know, resolved once and recorded as a marker in the history. */
export interface Route {
  /** The model asked for: the first one of the chain, or the one that the balancer chose in its place. */
  requested: string;
  /** In the order they are tried; never empty. */
  candidates: Candidate[];
  skipped: SkippedModel[];
  /** The strategy that the rules chose, and why (`the task mentions "write"`); absent where the request named one. */
  selected?: { strategy: string; because: string };
  /** How the balancer chose the first model, and among which; absent where none was asked. */
  balanced?: { strategy: BalanceStrategy; because: string };
  retry: RetryPolicy;
  /** Most that the completion may cost in US dollars. */
  maxCostUsd?: number;
  /** Present where, after the first model failed, all that are left are called at once. */
  concurrent?: { maxTokens?: number; timeoutMs?: number };
  /** Present where slow answers are hedged with a call of the next model, after so many milliseconds. */
  hedge?: { afterMs: number };
  /** Present where a stream that was cut is continued by the next attempt. */
  onStreamCut?: 'continue';
  /** What happens when no model is left; absent: the completion fails. */
  onExhausted?: { action: 'park' } | { action: 'standIn'; text: string };
  /** Every candidate would be refused at this moment, and a completion that is to be parked asks none of them first. */
  refused?: Trail;
  /** First 12 hex digits of the SHA-256 of the config that resolved it. */
  configHash: string;
  /** Whether Holdfast's search attributes are registered, so that the workflow may write them. */
  searchAttributes: boolean;
}
