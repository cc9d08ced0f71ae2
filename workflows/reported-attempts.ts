import { TimeoutType } from '@temporalio/common';
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Attempt } from '../contracts/attempt.js';
import { isCallReport, type CallReport } from '../contracts/call.js';
import type { Candidate } from '../contracts/route.js';
import { callsLost } from '../policy/lost-calls.js';

export interface CallFacts {
  /** Milliseconds since the epoch, by the workflow's clock. */
  scheduledAt: number;
  /** What the call had reported when its cancellation was asked for; empty when none was. */
  reported: Attempt[];
}

/** Every attempt that a failed activity made, read from wherever Temporal put its report. */
export function attemptsIn(
  error: unknown,
  candidate: Candidate,
  { scheduledAt, reported }: CallFacts,
): Attempt[] {
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  const fault = (message: string): Attempt => ({
    model: candidate.model,
    provider: candidate.provider,
    outcome: 'internal_error',
    startedAt: new Date(scheduledAt).toISOString(),
    durationMs: Math.max(0, Date.now() - scheduledAt),
    message,
  });
  if (cause instanceof ApplicationFailure) {
    const report = cause.details?.[0];
    if (isCallReport(report)) return report.attempts;
    // Not a failure that callModel made: a fault of ours, kept in the trail rather than hidden.
    return [...reported, fault(cause.message)];
  }
  if (cause instanceof CancelledFailure) {
    const report = cause.details[0];
    // A call that was running reports its end; one without a report was waiting to be tried, or not begun.
    return isCallReport(report) ? report.attempts : reported;
  }
  if (cause instanceof TimeoutFailure) {
    const report = isCallReport(cause.lastHeartbeatDetails) ? cause.lastHeartbeatDetails : undefined;
    const since = report?.callingSince === undefined ? undefined : Date.parse(report.callingSince);
    const told = report?.attempts ?? reported;
    // Time ran out while the call waited to be tried again: everything is told already.
    const waiting = whileWaiting.has(cause.timeoutType) && told.length > 0 && since === undefined;
    // A live worker ends every call itself, within its time; so whatever timed out, no worker was there to end it.
    if (waiting) return told;
    const { model, provider } = candidate;
    const startedAt = new Date(since ?? scheduledAt).toISOString();
    const reason = timeoutReasons[cause.timeoutType ?? 'START_TO_CLOSE'];
    return [...told, ...callsLost({ model, provider, startedAt }, report?.alsoCalling, Date.now(), reason)];
  }
  return [...reported, fault(error.message)];
}

const whileWaiting: ReadonlySet<TimeoutType | undefined> = new Set([
  TimeoutType.SCHEDULE_TO_CLOSE,
  TimeoutType.SCHEDULE_TO_START,
]);

const timeoutReasons: Record<NonNullable<TimeoutType>, string> = {
  HEARTBEAT: 'the worker went away during the call; the provider may have been paid for it',
  START_TO_CLOSE: 'the worker did not end the call in time; the provider may have been paid for it',
  SCHEDULE_TO_START:
    'the process that the call was meant for did not take it; if it went away, the provider may have been paid for one',
  SCHEDULE_TO_CLOSE: 'no worker ended the call in the time allowed for this model',
};

/** What a failed call had reported last, wherever Temporal put it. */
export function reportIn(error: unknown): CallReport | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const details: unknown =
    cause instanceof TimeoutFailure
      ? cause.lastHeartbeatDetails
      : cause instanceof ApplicationFailure
        ? cause.details?.[0]
        : undefined;
  return isCallReport(details) ? details : undefined;
}
