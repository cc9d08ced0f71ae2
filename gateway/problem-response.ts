import {
  CompletionCancelledError,
  CompletionFailedError,
  CompletionNotFoundError,
  EngineRefusedError,
  EngineUnavailableError,
  HoldfastClosedError,
  IdUsedForAnotherRequestError,
  InvalidRequestError,
  NoWorkerError,
} from '../client/index.js';
import { headersOf } from './answer.js';
import { failed, invalid, unavailable, type Problem } from './problem.js';
import { TooManyOpenError } from './too-many-open.js';
import type { Wire } from './wires/wire.js';

/** What an error of the client is to whoever asked over HTTP. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CompletionFailedError) {
    const { kind, message, attempts, requestedModel, retryAfterMs } = error;
    return failed({
      kind,
      message,
      attempts,
      requestedModel,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (error instanceof CompletionNotFoundError) {
    return invalid(error.message, undefined, 404, 'completion_not_found');
  }
  if (error instanceof NoWorkerError) return unavailable(error.message, 10_000, 'no_worker');
  if (error instanceof TooManyOpenError) {
    const message =
      'this gateway has as many requests under way as it can take; ask again, or run another one';
    return unavailable(message, 1_000, 'too_many_open');
  }
  if (error instanceof InvalidRequestError) return invalid(error.message);
  if (error instanceof IdUsedForAnotherRequestError) {
    const message = 'this Idempotency-Key was used with another request; use a new one';
    return invalid(message, undefined, 422, 'idempotency_key_mismatch');
  }
  if (error instanceof CompletionCancelledError) {
    return { status: 499, type: 'api_error', code: 'cancelled', message: error.message, passes: false };
  }
  // Where it is, and what it said, is for the log.
  if (error instanceof EngineUnavailableError) return unavailable(engineAway, 1_000);
  if (error instanceof EngineRefusedError) return unavailable(engineRefuses, 10_000, 'engine_refused');
  if (error instanceof HoldfastClosedError)
    return unavailable('the gateway is shutting down', 1_000, 'draining');
  return {
    status: 500,
    type: 'api_error',
    code: 'internal_error',
    message: 'a fault in Holdfast',
    passes: false,
  };
}

export const engineAway =
  'Temporal, where completions are recorded, cannot be reached at the moment; ask again after the time in Retry-After';
const engineRefuses =
  'Temporal, where completions are recorded, refuses them; whoever runs the gateway finds the reason in its log';

/** Says the code of an error, whatever the form of the body. */
export const errorCodeHeader = 'x-holdfast-error';

/**
 * A problem as a response in the wire's form, with what was tried beside the error. Terminal ones tell SDKs not to
 * repeat the request by themselves.
 */
export function problemResponse(wire: Wire, problem: Problem, requestId: string, id?: string): Response {
  const { status, code, retryAfterMs, passes, tried } = problem;
  const error = wire.error(problem, requestId);
  return Response.json(tried === undefined ? error : { ...error, holdfast: toldOf(tried, id) }, {
    // 499 is nginx's word for a client that left; nobody reads it.
    status,
    headers: {
      ...idHeaders(wire, requestId),
      [errorCodeHeader]: code,
      ...headersOf({
        ...(id === undefined ? {} : { id }),
        ...(tried === undefined
          ? {}
          : { 'requested-model': tried.requestedModel, attempts: tried.attempts.length }),
      }),
      ...(passes ? {} : { 'x-should-retry': 'false' }),
      ...(retryAfterMs === undefined
        ? {}
        : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
    },
  });
}

/** The attempts in the words of `GET /v1/holdfast/completions/{id}`, which says more of each. */
function toldOf({ requestedModel, attempts }: NonNullable<Problem['tried']>, id: string | undefined): object {
  return {
    ...(id === undefined ? {} : { id }),
    'requested-model': requestedModel,
    attempts: attempts.map(({ model, provider, outcome, durationMs, httpStatus, message }) => ({
      model,
      provider,
      outcome,
      durationMs,
      ...(httpStatus === undefined ? {} : { httpStatus }),
      ...(message === undefined ? {} : { message }),
    })),
  };
}

/** The request's id, as the wire's clients look for it. */
export function idHeaders({ name }: Wire, requestId: string): Record<string, string> {
  return name === 'anthropic'
    ? { 'x-request-id': requestId, 'request-id': requestId }
    : { 'x-request-id': requestId };
}
