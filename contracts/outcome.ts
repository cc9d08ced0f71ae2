/**
 * The one vocabulary for how a provider call can end. A failure kind is also the `type` of the
 * ApplicationFailure that carries it, so the Temporal UI, the trail, logs and metrics say the same word.
 */
export const failureKinds = [
  'rate_limited',
  'overloaded',
  'server_error',
  'timeout',
  'connection',
  'stalled',
  'truncated',
  'malformed',
  'empty',
  'worker_lost',
  'quota_exhausted',
  'auth_failed',
  'model_not_found',
  'misconfigured',
  'context_too_long',
  'payload_too_large',
  'unsupported_by_model',
  'content_filtered',
  'bad_request',
  'circuit_open',
  'budget_exceeded',
  'cancelled',
  'deadline_exceeded',
  // A fault of Holdfast itself, told as such rather than blamed on a provider.
  'internal_error',
  // A hook of the config forbade the call or its answer.
  'vetoed',
] as const;

/** Why an attempt gave no answer. */
export type FailureKind = (typeof failureKinds)[number];

/** How an attempt ended: `success`, or why not. */
export type Outcome = 'success' | FailureKind;

/** True for an outcome that gave no answer. */
export function isFailure(outcome: Outcome): outcome is FailureKind {
  return outcome !== 'success';
}

const known: ReadonlySet<string> = new Set(failureKinds);

/** True when a string (say the `type` of an ApplicationFailure) is one of the failure kinds. */
export function isFailureKind(value: unknown): value is FailureKind {
  return typeof value === 'string' && known.has(value);
}
