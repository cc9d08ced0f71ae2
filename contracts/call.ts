import type { Attempt, Trail } from './attempt.js';
import type { ChatAnswer, ChatRequest } from './chat.js';
import type { RetryPolicy } from './policy.js';
import type { Candidate, Route } from './route.js';
import type { CompletionRequest } from './completion.js';

/** Input of the activity `callModel`: one candidate, tried until it answers or is given up. */
export interface CallModelInput {
  candidate: Candidate;
  request: ChatRequest;
  retry: RetryPolicy;
  /** Whether another candidate could be tried instead of waiting for this one. */
  hasAlternative: boolean;
  /** Attempts on this candidate that earlier activities of the completion made; they count against `maxAttempts`. */
  earlier: Trail;
}

/** Result of `callModel`. The last attempt is the successful one. */
export interface CallModelResult {
  answer: ChatAnswer;
  attempts: Attempt[];
}

/** First detail of every failure of `callModel`, and what it heartbeats: the attempts of this activity so far. */
export interface CallReport {
  attempts: Attempt[];
}

/** The activities that the completion workflow calls. */
export interface CompletionActivities {
  /**
   * Turns a request into candidates and policy by this process's config. Runs as a local activity.
   * @throws ApplicationFailure of type `bad_request` or `auth_failed`, not retryable.
   */
  resolveRoute(request: CompletionRequest): Promise<Route>;
  /**
   * Calls one model. Failures are ApplicationFailures whose type is the failure kind and whose first detail is a {@link CallReport}.
   */
  callModel(input: CallModelInput): Promise<CallModelResult>;
}
