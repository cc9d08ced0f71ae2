import { isGrpcServiceError } from '@temporalio/client';
import type { Trail } from '../contracts/attempt.js';
import type { CompletionFailure, CompletionFailureKind } from '../contracts/completion.js';

/** What kind of trouble a {@link HoldfastError} is; `completion_failed` has the trail and a kind of its own. */
export type HoldfastErrorCode =
  | 'invalid_request'
  | 'invalid_options'
  | 'engine_unavailable'
  | 'engine_refused'
  | 'client_closed'
  | 'completion_failed'
  | 'completion_cancelled'
  | 'completion_not_found'
  | 'id_used_for_another_request'
  | 'no_worker';

/** Every error that the client throws. The message says what happened, to what, and what to do next. */
export class HoldfastError extends Error {
  override readonly name: string = 'HoldfastError';
  constructor(
    readonly code: HoldfastErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The request cannot be started: nothing was sent. */
export class InvalidRequestError extends HoldfastError {
  override readonly name = 'InvalidRequestError';
  constructor(message: string) {
    super('invalid_request', message);
  }
}

/** A Holdfast cannot be made of its options, or of the TEMPORAL_* settings. */
export class InvalidOptionsError extends HoldfastError {
  override readonly name = 'InvalidOptionsError';
  constructor(message: string, options?: { cause?: unknown }) {
    super('invalid_options', message, options);
  }
}

/**
 * Temporal could not be reached, did not answer in time, or has too much to do. It may pass: the same call may be
 * repeated. A completion that was already started goes on without this client.
 */
export class EngineUnavailableError extends HoldfastError {
  override readonly name = 'EngineUnavailableError';
  /** `trouble` says whether Temporal is away, or there and turning calls away because there are too many. */
  constructor(
    address: string,
    cause: unknown,
    readonly trouble: 'away' | 'limiting' = 'away',
  ) {
    const why = deepestMessage(cause);
    super(
      'engine_unavailable',
      trouble === 'limiting'
        ? `Temporal at ${address} is limiting requests (${why}). Try again shortly; if it lasts, send it fewer calls at a time or raise its limits.`
        : `Temporal at ${address} cannot be reached (${why}). Start one with "holdfast up", or set TEMPORAL_ADDRESS to where yours runs.`,
      { cause },
    );
  }
}

/** Temporal was reached and said no: to the namespace, the credentials or the call. Repeating it changes nothing. */
export class EngineRefusedError extends HoldfastError {
  override readonly name = 'EngineRefusedError';
  /** `remedy` says what to do about it. */
  constructor(address: string, cause: unknown, remedy: string) {
    super('engine_refused', `Temporal at ${address} refuses: ${deepestMessage(cause)}. ${remedy}`, { cause });
  }
}

/** The Holdfast was closed, before the call or while it waited. Completions go on without it. */
export class HoldfastClosedError extends HoldfastError {
  override readonly name = 'HoldfastClosedError';
  constructor() {
    super(
      'client_closed',
      'this Holdfast was closed; make a new one, and get(id) finds the completion again',
    );
  }
}

/** The completion ended without an answer. */
export class CompletionFailedError extends HoldfastError {
  override readonly name = 'CompletionFailedError';
  readonly id: string;
  /** Why: a failure kind of docs/failure-kinds.md, `credentials_exhausted` or `exhausted`. */
  readonly kind: CompletionFailureKind;
  readonly attempts: Trail;
  readonly requestedModel: string;
  /** Milliseconds after which trying again makes sense, when a provider said so. */
  readonly retryAfterMs: number | undefined;
  constructor(id: string, failure: CompletionFailure) {
    super('completion_failed', failure.message);
    this.id = id;
    this.kind = failure.kind;
    this.attempts = failure.attempts;
    this.requestedModel = failure.requestedModel;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

export class CompletionCancelledError extends HoldfastError {
  override readonly name = 'CompletionCancelledError';
  constructor(id: string, how: 'cancelled' | 'terminated') {
    super('completion_cancelled', `completion ${id} was ${how} before it had an answer`);
  }
}

export class CompletionNotFoundError extends HoldfastError {
  override readonly name = 'CompletionNotFoundError';
  constructor(id: string, namespace: string) {
    super(
      'completion_not_found',
      `no completion ${id} in namespace ${namespace}; it was never started, or is older than the namespace keeps`,
    );
  }
}

/** The id belongs to another request, whatever became of it; nothing was started. */
export class IdUsedForAnotherRequestError extends HoldfastError {
  override readonly name = 'IdUsedForAnotherRequestError';
  constructor(id: string) {
    super(
      'id_used_for_another_request',
      `completion ${id} was started with another request; use a new id, or get("${id}") for the one that exists`,
    );
  }
}

/** The engine answers, but nobody executes completions on this task queue. */
export class NoWorkerError extends HoldfastError {
  override readonly name = 'NoWorkerError';
  constructor(what: string, taskQueue: string) {
    super(
      'no_worker',
      `${what}: no worker answers on task queue "${taskQueue}"; start one with "holdfast up" or "holdfast worker"`,
    );
  }
}

/** What went wrong at the bottom: the client of Temporal wraps it in words like "Failed to start Workflow". */
function deepestMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error && error.cause.message !== '') return deepestMessage(error.cause);
  const text = isGrpcServiceError(error) && error.details !== '' ? error.details : error.message;
  // gRPC ends with what its name lookup had to say, which is nothing as a rule.
  return text
    .replace(/\s*Resolution note:.*$/s, '')
    .trim()
    .replace(/\.$/, '');
}
