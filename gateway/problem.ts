import type { Trail } from '../contracts/attempt.js';
import type { CompletionFailure, CompletionFailureKind } from '../contracts/completion.js';

/** Why a request has no answer, in no wire's words yet. */
export interface Problem {
  /** HTTP status. */
  status: number;
  /** In OpenAI's words: `invalid_request_error`, `rate_limit_error`, `api_error` and so on. */
  type: string;
  /** What exactly: a failure kind, or a code of the gateway's own. */
  code: string;
  message: string;
  /** The field of the request that is at fault. */
  param?: string;
  /** Milliseconds after which asking again makes sense. */
  retryAfterMs?: number;
  /** Whether the same request may succeed without anybody doing anything: else clients are told not to repeat it. */
  passes: boolean;
  /** What was tried, for a completion that ended without an answer. */
  tried?: { requestedModel: string; attempts: Trail };
}

const wrongRequest = { type: 'invalid_request_error', passes: false } as const;

/** A request that cannot be served as it is. */
export function invalid(message: string, param?: string, status = 400, code = 'invalid_request'): Problem {
  return { ...wrongRequest, status, code, message, ...(param === undefined ? {} : { param }) };
}

/** The gateway cannot serve anything at the moment. */
export function unavailable(message: string, retryAfterMs: number, code = 'engine_unavailable'): Problem {
  return { status: 503, type: 'api_error', code, message, retryAfterMs, passes: true };
}

/** What a completion that ended without an answer is to an HTTP client; the statuses are those of docs/gateway.md. */
export function failed({
  kind,
  message,
  retryAfterMs,
  requestedModel,
  attempts,
}: CompletionFailure): Problem {
  const status = statuses[kind] ?? 503;
  return {
    status,
    type: status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'api_error',
    code: codes[kind] ?? kind,
    message,
    // Holdfast has retried and fallen back already: a client that repeats the request multiplies the chain.
    passes: false,
    tried: { requestedModel, attempts },
    // A wait that one model named does not help where another found a fault that no waiting mends.
    ...(retryAfterMs === undefined || !mendedByWaiting.has(status) ? {} : { retryAfterMs }),
  };
}

const mendedByWaiting: ReadonlySet<number> = new Set([429, 503, 504]);

const statuses: Partial<Record<CompletionFailureKind, number>> = {
  bad_request: 400,
  context_too_long: 400,
  content_filtered: 400,
  unsupported_by_model: 400,
  vetoed: 403,
  budget_exceeded: 402,
  model_not_found: 404,
  payload_too_large: 413,
  rate_limited: 429,
  cancelled: 499,
  auth_failed: 502,
  quota_exhausted: 502,
  credentials_exhausted: 502,
  misconfigured: 502,
  internal_error: 500,
  deadline_exceeded: 504,
};

const codes: Partial<Record<CompletionFailureKind, string>> = {
  auth_failed: 'upstream_credentials_exhausted',
  quota_exhausted: 'upstream_credentials_exhausted',
  credentials_exhausted: 'upstream_credentials_exhausted',
};
