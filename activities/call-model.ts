import { CancelledFailure, Context, type Info } from '@temporalio/activity';
import type { Attempt } from '../contracts/attempt.js';
import {
  isCallReport,
  type CallModelInput,
  type CallModelResult,
  type CallReport,
} from '../contracts/call.js';
import type { FailureKind } from '../contracts/outcome.js';
import { decideRetry, type RetryDecision } from '../policy/retry.js';
import { attemptModel } from './attempt-model.js';
import type { ActivityDependencies } from './dependencies.js';
import { callFailure } from './failure.js';

/** Kept back from the time allowed, so that the ending of a call is recorded before Temporal's own timeout. */
const recordingMarginMs = 500;
/** Largest answer that is recorded; Temporal refuses payloads of 2 MB. */
const largestAnswerBytes = 1_500_000;

/** The activity `callModel`; see the contract in contracts/call.ts. */
export function createCallModel(dependencies: ActivityDependencies) {
  return async function callModel(input: CallModelInput): Promise<CallModelResult> {
    const context = Context.current();
    const { info } = context;
    const { candidate, retry } = input;
    const logger = dependencies.logger.child({
      completion: info.workflowExecution?.workflowId,
      model: candidate.model,
      attempt: info.attempt,
    });
    const startedAt = dependencies.now();
    const report = reportSoFar(info, candidate);
    const remaining = (): number => timeLeftAtStart(info) - (dependencies.now() - startedAt);
    const margin = Math.min(recordingMarginMs, timeLeftAtStart(info) / 10);

    const callingSince = new Date(startedAt).toISOString();
    const beat = (): void => context.heartbeat({ ...report, callingSince } satisfies CallReport);
    // A first attempt that ends soon costs no heartbeat; a later one has losses to report that nobody else remembers.
    if (info.attempt > 1) beat();
    const heartbeat = setInterval(beat, retry.heartbeatIntervalMs);
    const { attempts, result } = await attemptModel(dependencies, candidate.model, input.request, {
      timeoutMs: Math.min(retry.attemptTimeoutMs, Math.max(1, remaining() - margin)),
      signal: context.cancellationSignal,
    }).finally(() => clearInterval(heartbeat));

    report.attempts.push(...attempts);
    report.through = info.attempt;
    if (result.ok && Buffer.byteLength(result.answer.text) <= largestAnswerBytes) {
      logger.debug({ outcome: 'success', durationMs: attempts.at(-1)?.durationMs }, 'model answered');
      return { answer: result.answer, attempts: report.attempts, notices: result.notices };
    }

    const last = lastOf(report.attempts);
    if (result.ok)
      Object.assign(last, { outcome: 'payload_too_large', message: 'the answer is too large to record' });
    const kind = result.ok ? 'payload_too_large' : endedBy(context, result.failure.kind);
    last.outcome = kind;
    if (kind === 'cancelled') {
      last.next = { action: 'stop', because: 'cancelled by the caller' };
      throw new CancelledFailure('completion cancelled', [report]);
    }
    const decision = decideRetry({
      kind,
      attempts: report.attempts,
      policy: retry,
      remainingMs: remaining() - margin,
      hasAlternative: input.hasAlternative,
      random: dependencies.random,
      ...(last.retryAfterMs === undefined ? {} : { retryAfterMs: last.retryAfterMs }),
    });
    noteDecision(last, decision);
    logger.warn({ outcome: kind, httpStatus: last.httpStatus, next: last.next }, 'attempt failed');
    // The next attempt reads it from here: Temporal keeps a retried failure to itself.
    if (decision.retry) context.heartbeat(report);
    throw callFailure(kind, last.message ?? kind, report, decision);
  };
}

/** What earlier attempts of this activity reported, with an entry for each that ended without a word. */
function reportSoFar(info: Info, candidate: CallModelInput['candidate']): CallReport {
  const details: unknown = info.heartbeatDetails;
  const earlier: CallReport = isCallReport(details) ? details : { attempts: [], through: 0 };
  const attempts = [...earlier.attempts];
  for (let lost = earlier.through + 1; lost < info.attempt; lost += 1) {
    const began = earlier.callingSince ?? new Date(lastKnown(info, attempts)).toISOString();
    attempts.push({
      model: candidate.model,
      provider: candidate.provider,
      outcome: 'worker_lost',
      startedAt: began,
      durationMs: Math.max(0, info.currentAttemptScheduledTimestampMs - Date.parse(began)),
      message: 'the worker went away during the call; the provider may have been paid for it',
      next: { action: 'retry', afterMs: 0, because: 'another_worker' },
    });
  }
  return { attempts, through: info.attempt - 1 };
}

function lastKnown(info: Info, attempts: Attempt[]): number {
  const last = attempts.at(-1);
  return last === undefined ? info.scheduledTimestampMs : Date.parse(last.startedAt) + last.durationMs;
}

/** Both times are the server's, so their difference holds whatever this machine's clock says. */
function timeLeftAtStart(info: Info): number {
  return (
    info.scheduleToCloseTimeoutMs - (info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs)
  );
}

/** An aborted call is the caller's doing only when a cancellation was asked for; otherwise this worker is going away. */
function endedBy(context: Context, kind: FailureKind): FailureKind {
  if (kind !== 'cancelled') return kind;
  return context.cancellationDetails?.cancelRequested === true ? 'cancelled' : 'worker_lost';
}

function noteDecision(attempt: Attempt, decision: RetryDecision): void {
  attempt.next = decision.retry
    ? { action: 'retry', afterMs: decision.afterMs, because: decision.because }
    : { action: 'stop', because: decision.because };
}

function lastOf(attempts: Attempt[]): Attempt {
  const last = attempts.at(-1);
  if (last === undefined) throw new Error('an attempt leaves at least one entry');
  return last;
}
