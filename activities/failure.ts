import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { CallReport } from '../contracts/call.js';
import type { FailureKind } from '../contracts/outcome.js';
import type { RetryDecision } from '../policy/retry.js';

/**
 * The failure of one activity attempt. Its type is the outcome kind, its first detail the {@link CallReport}; Temporal retries it
 * after exactly the delay that the policy chose, or not at all.
 */
export function callFailure(
  kind: FailureKind,
  message: string,
  report: CallReport,
  decision: RetryDecision,
): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type: kind,
    message,
    nonRetryable: !decision.retry,
    details: [report],
    // Expected endings: our own log line and the trail tell of them, not a stack trace.
    category: ApplicationFailureCategory.BENIGN,
    ...(decision.retry ? { nextRetryDelay: decision.afterMs } : {}),
  });
  // Where it was thrown says nothing, and Temporal keeps only 4 KB of a failure that it retries.
  failure.stack = '';
  return failure;
}
