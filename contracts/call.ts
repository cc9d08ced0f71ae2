import type { Adaptation } from './adaptation.js';
import type { Attempt, Trail } from './attempt.js';
import type { ChatAnswer, ChatRequest } from './chat.js';
import type { RetryPolicy } from './policy.js';
import type { ContextLifetime } from './completion.js';
import type { Continuation, CutStream } from './continuation.js';
import type { Lease } from './health.js';
import type { Candidate, Route, RouteRequest } from './route.js';

/** Input of the activity `callModel`: one candidate, tried until it answers or is given up. */
export interface CallModelInput {
  candidate: Candidate;
  /** Config that the route was resolved with, as {@link Route.configHash}; absent in histories of earlier versions. */
  configHash?: string;
  request: ChatRequest;
  retry: RetryPolicy;
  /** Whether another candidate could be tried instead of waiting for this one. */
  hasAlternative: boolean;
  stream?: boolean;
  /**
   * Milliseconds after which no other try of this model begins, nor may a first token still be waited for; a stream
   * that has begun goes on. Absent: as long as the activity may take.
   */
  turnMs?: number;
  /** Every candidate refused and this one is due soonest: it may be probed before its time. */
  early?: true;
  /** A probe that was leased for this call already. */
  lease?: Lease;
  /** Further candidates that are called at the same time; the first success wins. Each is called once. */
  race?: { rivals: Candidate[]; maxTokens?: number; timeoutMs?: number };
  /** A candidate that is called as well where no first token (or plain answer) came within `afterMs` milliseconds. */
  hedge?: { candidate: Candidate; afterMs: number };
  /** Present under a budget: US dollars that are left of it, and that one call of this model is expected to cost. */
  budget?: { leftUsd: number; estimateUsd: number };
  /** With the age of the messages, in milliseconds, when this activity was scheduled. */
  context?: ContextLifetime & { ageMs: number };
  /** What calls of this model came to on a queue that nobody polls any more. */
  earlier?: CallReport;
  /** A stream that was cut is continued, where its text allows that, in place of ending with an error. */
  onStreamCut?: 'continue';
  /** The stream that was cut before, from which this model goes on. */
  cut?: CutStream;
  /** Somebody in another process waits for it and may leave: a cancellation is to arrive within a second. */
  attended?: true;
}

/** Result of `callModel`. The last attempt is the successful one. */
export interface CallModelResult {
  answer: ChatAnswer;
  attempts: Trail;
  /** What was changed about the request so that the model would take it. */
  notices: string[];
  /** Present where the answer has several authors: how it went on from one to the next. */
  continuations?: Continuation[];
}

/** First detail of every failure of `callModel`, and what it heartbeats: its attempts so far, over all of Temporal's retries. */
export interface CallReport {
  attempts: Trail;
  /** Temporal's attempt number up to which `attempts` is complete; a gap to the running number is a lost worker. */
  through: number;
  /** What the provider asked to be changed about the request: not sent unchanged again. Absent where that is nothing. */
  adaptations?: Adaptation[];
  /** The stream that was cut, from which the next attempt goes on. */
  cut?: CutStream;
  /** Whoever waited got the beginning of an answer that nobody goes on with, and wants no other one. */
  unwanted?: true;
  /** ISO time at which the call now in flight began. */
  callingSince?: string;
  /** Calls of other models that are in flight beside it: rivals and hedges. Absent where there are none. */
  alsoCalling?: Pick<Attempt, 'model' | 'provider' | 'role' | 'startedAt'>[];
}

/** True for the value that `callModel` heartbeats and puts into its failures; details are `unknown` once they crossed Temporal. */
export function isCallReport(value: unknown): value is CallReport {
  return (
    typeof value === 'object' &&
    value !== null &&
    'attempts' in value &&
    Array.isArray(value.attempts) &&
    'through' in value &&
    typeof value.through === 'number'
  );
}

/** The attempts in what a call heartbeated last; none when that is no {@link CallReport}. */
export function attemptsReported(heartbeat: unknown): Trail {
  return isCallReport(heartbeat) ? heartbeat.attempts : [];
}

/** Input of the activity `awaitUsable`. */
export interface AwaitUsableInput {
  /** In the order of the chain. */
  candidates: AwaitedModel[];
  /** How often this completion was parked before. */
  parkedBefore: number;
  /** Every candidate refused and this one is due soonest: at once it may be probed before its time. */
  early?: string;
}

/** A model that a parked completion waits for. */
export interface AwaitedModel extends Pick<Candidate, 'model' | 'provider'> {
  /** How much longer its provider asked to be left alone, in milliseconds. */
  dueInMs?: number;
}

/** Models that can be called now, in the order of the chain; at most one of them by a probe. */
export type UsableModels = { model: string; lease?: Lease }[];

/** First detail of a failed `resolveRoute`. */
export interface RouteRefused {
  /** As in {@link Route}: whether the workflow may write search attributes. */
  searchAttributes: boolean;
}

/** True for the first detail of a failed `resolveRoute`. */
export function isRouteRefused(value: unknown): value is RouteRefused {
  return (
    typeof value === 'object' &&
    value !== null &&
    'searchAttributes' in value &&
    typeof value.searchAttributes === 'boolean'
  );
}

/** The activities that the completion workflow calls. */
export interface CompletionActivities {
  /**
   * `allowedMs` is the time for it. Turns what was asked for into candidates and policy by this process's config. Runs as a local activity.
   * @throws ApplicationFailure of type `bad_request` or `auth_failed`, not retryable; its first detail is a {@link RouteRefused}.
   */
  resolveRoute(request: RouteRequest, allowedMs: number): Promise<Route>;
  /**
   * Calls one model. Failures are ApplicationFailures whose type is the failure kind and whose first detail is a {@link CallReport}.
   */
  callModel(input: CallModelInput): Promise<CallModelResult>;
  /**
   * Waits until a model can be called again: fails as `unusable` with the delay until the next look, so that Temporal
   * keeps the wait and neither a worker nor the history has any part in it.
   */
  awaitUsable(input: AwaitUsableInput): Promise<UsableModels>;
  /** What this completion's call in flight, or waiting to be tried again, has reported so far. Runs as a local activity. */
  reportedAttempts(): Promise<Trail>;
}
