import { ApplicationFailure } from '@temporalio/common';
import type { CompletionFailure } from '../contracts/completion.js';
import { isFailureKind } from '../contracts/outcome.js';

/** The typed failure that the workflow recorded, if it is one of ours. */
export function failureIn(cause: Error | undefined): CompletionFailure | undefined {
  if (!(cause instanceof ApplicationFailure)) return undefined;
  const detail: unknown = cause.details?.[0];
  return isCompletionFailure(detail) ? detail : undefined;
}

/** True for a whole failure of this version's words; details are `unknown` once they crossed Temporal. */
export function isCompletionFailure(value: unknown): value is CompletionFailure {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, message, requestedModel, attempts, retryAfterMs } = value as Record<
    keyof CompletionFailure,
    unknown
  >;
  return (
    (isFailureKind(kind) || kind === 'credentials_exhausted' || kind === 'exhausted') &&
    typeof message === 'string' &&
    typeof requestedModel === 'string' &&
    Array.isArray(attempts) &&
    (retryAfterMs === undefined || typeof retryAfterMs === 'number')
  );
}
