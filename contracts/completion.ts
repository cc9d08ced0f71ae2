import type { Attempt, Trail } from './attempt.js';
import type {
  AnswerChoice,
  ChatRequest,
  FinishReason,
  ReasoningBlock,
  TokenLogprob,
  ToolCall,
  Usage,
} from './chat.js';
import type { Continuation } from './continuation.js';
import type { FailureKind } from './outcome.js';
import type { Route } from './route.js';
import type { CompletionTarget } from './target.js';

export { targetName, type CompletionTarget } from './target.js';

/** Name of the workflow type, as the Temporal UI and `temporal workflow list` show it. */
export const completionWorkflowType = 'completion';
/** Query that answers the {@link Trail} so far. */
export const trailQueryName = 'trail';
/** Task queue that workers poll unless told otherwise. */
export const defaultTaskQueue = 'holdfast';
/** Memo key of the request's fingerprint; tells a repeated start from another request under the same id. */
export const fingerprintMemoKey = 'holdfastFingerprint';
/** Memo key of a token that each call of `start` makes anew; a start whose reply was lost knows its own run by it. */
export const startMemoKey = 'holdfastStart';

/** Time for a whole completion when nobody says otherwise, in milliseconds. */
export const defaultDeadlineMs = 300_000;
/** Largest request, as JSON: Temporal refuses payloads of 2 MB, and an answer needs its place beside it. */
export const largestRequestBytes = 1_500_000;

/** Input of the `completion` workflow. */
export interface CompletionInput {
  target: CompletionTarget;
  chat: ChatRequest;
  /** Milliseconds for everything: attempts, waits and fallbacks. A duration, never a clock time. */
  deadlineMs: number;
  /** Most that it may cost in US dollars, by estimates before each call and by the provider's count after it. */
  maxCostUsd?: number;
  /** Providers are asked for streams: time limits then run from token to token, and this process can listen. */
  stream?: boolean;
  context?: ContextLifetime;
  /** Resolved by whoever started it; absent: the workflow asks for it and has it recorded as a marker. */
  route?: Route;
  /**
   * Task queue of the one process whose caller is connected: models are called there as long as that process answers,
   * and on the queue of the workflow from then on.
   */
  processQueue?: string;
}

/** How long the messages of a request hold good, and the hook that fetches them anew. */
export interface ContextLifetime {
  /** Milliseconds from the start of the completion. */
  ttlMs: number;
  /** Name of a `refreshContext` hook of the config. */
  refresh: string;
}

/** The one recorded result of a completion. */
export interface CompletionResult {
  /** The workflow id. */
  id: string;
  /** The configured name of the model that answered. */
  model: string;
  provider: string;
  /** What was asked for: the model itself, the first one of the chain, or the one that the balancer chose in its place. */
  requestedModel: string;
  /** No model answered: the text is the one that the config sets for that case. `model` is then `stand-in`. */
  degraded?: true;
  /** The text of the answer. */
  answer: string;
  finishReason: FinishReason;
  refused?: true;
  incomplete?: 'length' | 'pause' | 'context';
  /** Calls that the model asks for; the caller makes them. */
  toolCalls?: ToolCall[];
  reasoning?: ReasoningBlock[];
  logprobs?: TokenLogprob[];
  /** The second and further answers, when `n` asked for them. */
  furtherChoices?: AnswerChoice[];
  attempts: Trail;
  /** Present where several models, or several calls of one, wrote the answer: how it went on from one to the next. */
  continuations?: Continuation[];
  /** Set when another model than the requested one answered; `slower`: that one answered first. */
  fallback: { from: string; to: string; reason: FailureKind | 'skipped' | 'slower' } | null;
  /** US dollars over all attempts; null when a price is not known. */
  costUsd: number | null;
  /** Tokens over all attempts that reported them. */
  usage: Usage;
  configHash: string;
  /** For the end user, in plain words, when another model answered or the answer is not whole. */
  notice?: string;
  /** For the caller: what was changed, left out or skipped although the answer is good. */
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

/** Signature of the workflow, for clients that must not import its code. */
export type CompletionWorkflow = (input: CompletionInput) => Promise<CompletionResult>;
