import type { Info } from '@temporalio/activity';
import type { Attempt } from '../contracts/attempt.js';
import { isCallReport, type CallModelInput, type CallReport } from '../contracts/call.js';
import { callsLost } from '../policy/lost-calls.js';
import { lostWorkerDelayMs } from '../policy/retry.js';

/** Milliseconds from the first scheduling of the activity to that of this attempt, by the server's clock. */
export function sinceScheduled(info: Info): number {
  return info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
}

/** What earlier attempts of this activity reported, with an entry for each that ended without a word. */
export function reportSoFar(
  info: Info,
  { candidate, retry, earlier: before, cut: cutBefore }: CallModelInput,
): CallReport {
  const details: unknown = info.heartbeatDetails;
  const first: CallReport = {
    attempts: [],
    through: 0,
    ...(cutBefore === undefined ? {} : { cut: cutBefore }),
  };
  // A report that names no cut has found that nobody goes on from it.
  const earlier = isCallReport(details) ? details : (before ?? first);
  const attempts = [...earlier.attempts];
  for (let lost = earlier.through + 1; lost < info.attempt; lost += 1) {
    const began = earlier.callingSince ?? new Date(lastKnown(info, attempts)).toISOString();
    const afterMs = lostWorkerDelayMs(retry, lost + 1);
    // Until the loss was noticed: the repetition was scheduled its delay later.
    const noticedAt = info.currentAttemptScheduledTimestampMs - afterMs;
    const { model, provider } = candidate;
    attempts.push(
      ...callsLost(
        { model, provider, startedAt: began },
        earlier.alsoCalling,
        noticedAt,
        'the worker went away during the call; the provider may have been paid for it',
      ).map((attempt): Attempt => ({
        ...attempt,
        next: { action: 'retry', afterMs, because: 'another_worker' },
      })),
    );
  }
  const { adaptations, cut } = earlier;
  return {
    attempts,
    through: info.attempt - 1,
    ...(adaptations === undefined ? {} : { adaptations }),
    ...(cut === undefined ? {} : { cut }),
  };
}

function lastKnown(info: Info, attempts: Attempt[]): number {
  const last = attempts.at(-1);
  return last === undefined ? info.scheduledTimestampMs : Date.parse(last.startedAt) + last.durationMs;
}

/**
 * Milliseconds that this attempt still has. Up to its scheduling both times are the server's. How long it then waited
 * for a worker only this machine's clock can tell; should that clock be wrong, half of the time is left all the same.
 */
export function timeLeftAtStart(info: Info, startedAt: number): number {
  const left = info.scheduleToCloseTimeoutMs - sinceScheduled(info);
  const waited = Math.max(0, startedAt - info.currentAttemptScheduledTimestampMs);
  return left - Math.min(waited, left / 2);
}
