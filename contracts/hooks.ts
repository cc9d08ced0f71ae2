import type { ChatAnswer, ChatMessage, ChatRequest } from './chat.js';
import type { FailureKind } from './outcome.js';

/** What a hook is told of the attempt that it may change or forbid. */
export interface HookedAttempt {
  /** The workflow id. */
  completionId: string;
  model: string;
  provider: string;
  /** Temporal's attempt number under this model, from 1. */
  attempt: number;
  /** As the hooks before this one left it. */
  request: ChatRequest;
  /** As the caller sent it. */
  original: ChatRequest;
}

/** What a hook is given besides: a signal that ends with its time limit, or when the completion is cancelled. */
export interface HookContext {
  signal: AbortSignal;
}

export interface BeforeAttemptVerdict {
  /** No call is made; the attempt ends as `vetoed` with this reason, and another model may be tried. */
  veto?: string;
  /** Sent in place of the request, say with names taken out. */
  request?: ChatRequest;
  /** Kept with the attempt in the trail. */
  note?: string;
}

/** Runs before each attempt. A module's default export, or the one that the config names. */
export type BeforeAttemptHook = (
  attempt: HookedAttempt,
  context: HookContext,
) => BeforeAttemptVerdict | undefined | Promise<BeforeAttemptVerdict | undefined>;

export type AttemptEnding =
  { ok: true; answer: ChatAnswer } | { ok: false; kind: FailureKind; message: string };

export interface AfterAttemptVerdict {
  /** The answer is not used: the attempt ends as `vetoed` with this reason. Of no effect on a failure. */
  veto?: string;
  /** Recorded in place of the answer, say with names put back. */
  answer?: ChatAnswer;
  /** Kept with the attempt in the trail. */
  note?: string;
}

/** Runs after each attempt, whether it was answered or not. */
export type AfterAttemptHook = (
  attempt: HookedAttempt & { ending: AttemptEnding },
  context: HookContext,
) => AfterAttemptVerdict | undefined | Promise<AfterAttemptVerdict | undefined>;

/** Chooses the strategy of a completion that asked for `auto`; undefined leaves the choice to the rules of the config. */
export type SelectStrategyHook = (
  question: { messages: ChatMessage[]; task?: string; budget?: 'low'; strategies: string[] },
  context: HookContext,
) => string | undefined | Promise<string | undefined>;

/** Fetches the messages anew for an attempt that comes after the context's time to live. */
export type RefreshContextHook = (
  context: { completionId: string; messages: ChatMessage[]; ageMs: number },
  hookContext: HookContext,
) => ChatMessage[] | Promise<ChatMessage[]>;
