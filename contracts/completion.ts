import type { Attempt, Trail } from './attempt.js';
import type { ChatParameters, ChatMessage, FinishReason, Usage } from './chat.js';
import type { FailureKind } from './outcome.js';

/** Name of the workflow type, as the Temporal UI and `temporal workflow list` show it. */
export const completionWorkflowType = 'completion';
/** Query that answers the {@link Trail} so far. */
export const trailQueryName = 'trail';
/** Task queue that workers poll unless told otherwise. */
export const defaultTaskQueue = 'holdfast';
/** Memo key of the request's fingerprint; tells a repeated start from another request under the same id. */
export const fingerprintMemoKey = 'holdfastFingerprint';

/** What a caller asks for. Exactly one of `model`, `chain`, `strategy`, `models` may be given; none means the default chain. */
export interface CompletionRequest extends ChatParameters {
  messages: ChatMessage[];
  /** One configured model, without fallback. */
  model?: string;
  /** A configured chain by name. */
  chain?: string;
  /** A configured strategy by name. */
  strategy?: string;
  /** An explicit chain of configured models. */
  models?: string[];
  /** Milliseconds for everything: attempts, waits and fallbacks. */
  deadlineMs?: number;
}

/** Input of the `completion` workflow. The deadline travels as a duration, never as a clock time. */
export interface CompletionInput {
  request: CompletionRequest;
  deadlineMs: number;
}

/** The one recorded result of a completion. */
export interface CompletionResult {
  /** The workflow id. */
  id: string;
  /** The configured name of the model that answered. */
  model: string;
  provider: string;
  /** What was asked for: the first model of the chain, or the model itself. */
  requestedModel: string;
  /** The text of the answer. */
  answer: string;
  finishReason: FinishReason;
  refused?: true;
  incomplete?: 'length' | 'pause' | 'context';
  attempts: Trail;
  /** Set when another model than the requested one answered. */
  fallback: { from: string; to: string; reason: FailureKind | 'skipped' } | null;
  /** US dollars over all attempts; null when a price is not known. */
  costUsd: number | null;
  /** Tokens over all attempts that reported them. */
  usage: Usage;
  configHash: string;
  /** What the caller should know although the answer is good. */
  notices: string[];
}

/** Why a completion ended without an answer: the failure kind where one says it all, else `exhausted`. */
export type CompletionFailureKind = FailureKind | 'credentials_exhausted' | 'exhausted';

/** Travels as the first detail of the workflow's ApplicationFailure, whose `type` is `kind`. */
export interface CompletionFailure {
  kind: CompletionFailureKind;
  message: string;
  requestedModel: string;
  attempts: Attempt[];
  /** Smallest wait after which trying again makes sense, when providers said one. */
  retryAfterMs?: number;
}
