import type { Attempt, Trail } from './attempt.js';
import type { ChatRequest, FinishReason, Usage } from './chat.js';
import type { FailureKind } from './outcome.js';

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

/** Which models may answer: one model without fallback, an explicit chain, or a configured chain or strategy by name. */
export type CompletionTarget =
  | { kind: 'model'; model: string }
  | { kind: 'models'; models: string[] }
  | { kind: 'chain'; chain: string }
  | { kind: 'strategy'; strategy: string };

/** What was asked for, in one name; the first one of an explicit list. */
export function targetName(target: CompletionTarget): string {
  switch (target.kind) {
    case 'model':
      return target.model;
    case 'models':
      return target.models[0] ?? '';
    case 'chain':
      return target.chain;
    case 'strategy':
      return target.strategy;
  }
}

/** Input of the `completion` workflow. */
export interface CompletionInput {
  target: CompletionTarget;
  chat: ChatRequest;
  /** Milliseconds for everything: attempts, waits and fallbacks. A duration, never a clock time. */
  deadlineMs: number;
}

/** The one recorded result of a completion. */
export interface CompletionResult {
  /** The workflow id. */
  id: string;
  /** The configured name of the model that answered. */
  model: string;
  provider: string;
  /** What was asked for: the model itself, or the first one of the chain. */
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

/** Signature of the workflow, for clients that must not import its code. */
export type CompletionWorkflow = (input: CompletionInput) => Promise<CompletionResult>;
