import { CancelledFailure, Context, type Info } from '@temporalio/activity';
import type { Attempt } from '../contracts/attempt.js';
import {
  isCallReport,
  type CallModelInput,
  type CallModelResult,
  type CallReport,
} from '../contracts/call.js';
import type { FailureKind } from '../contracts/outcome.js';
import {
  decideRetry,
  lostWorkerDelayMs,
  lostWorkers,
  toleratedWorkerLosses,
  type RetryDecision,
} from '../policy/retry.js';
import { recordingMarginMs } from '../policy/walk.js';
import { attemptModel, type ModelAttempt } from './attempt-model.js';
import type { ActivityDependencies } from './dependencies.js';
import { callFailure } from './failure.js';

/** Largest result that is recorded, as JSON: Temporal refuses payloads of 2 MB, and the other models' trail comes on top. */
const largestResultBytes = 1_500_000;

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
    const report = reportSoFar(info, input);
    const allowedMs = timeLeftAtStart(info, startedAt);
    const marginMs = recordingMarginMs(allowedMs);
    const remainingMs = (): number => allowedMs - marginMs - (dependencies.now() - startedAt);

    if (lostWorkers(report.attempts) > toleratedWorkerLosses) {
      const last = lastOf(report.attempts);
      const because = `${String(lostWorkers(report.attempts))} workers went away during calls of this model`;
      const decision: RetryDecision = { retry: false, because };
      noteDecision(last, decision);
      logger.error({ outcome: last.outcome, next: last.next }, 'this request may be what ends workers');
      throw callFailure('worker_lost', because, report, decision);
    }

    const callingSince = new Date(startedAt).toISOString();
    const beat = (): void => context.heartbeat({ ...report, callingSince } satisfies CallReport);
    // A first attempt that ends soon costs no heartbeat; a later one has losses to report that nobody else remembers.
    if (info.attempt > 1) beat();
    const heartbeat = setInterval(beat, retry.heartbeatIntervalMs);
    const { attempts, result } = await attemptModel(dependencies, candidate.model, input.request, {
      timeoutMs: Math.min(retry.attemptTimeoutMs, Math.max(1, remainingMs())),
      signal: context.cancellationSignal,
    })
      .catch((error: unknown) => faultOfOurs(error, candidate, startedAt, dependencies))
      .finally(() => clearInterval(heartbeat));

    report.attempts.push(...attempts);
    report.through = info.attempt;
    const last = lastOf(report.attempts);
    let kind: FailureKind;
    if (result.ok) {
      const { answer, notices } = result;
      const success: CallModelResult = { answer, attempts: report.attempts, notices };
      const bytes = Buffer.byteLength(JSON.stringify(success));
      if (bytes <= largestResultBytes) {
        logger.debug({ outcome: 'success', durationMs: last.durationMs }, 'model answered');
        return success;
      }
      kind = 'payload_too_large';
      last.message = `the answer has ${String(bytes)} bytes, more than the ${String(largestResultBytes)} that can be recorded`;
    } else if (result.failure.kind === 'cancelled' && !context.cancellationDetails?.cancelRequested) {
      // Aborted, yet nobody cancelled the completion: this worker is going away, or Temporal took the call from it.
      kind = 'worker_lost';
      last.message = `${whyTaken(context)}; the provider may have been paid for it`;
    } else {
      kind = result.failure.kind;
    }
    last.outcome = kind;
    if (kind === 'cancelled') {
      last.next = { action: 'stop', because: 'cancelled by the caller' };
      throw new CancelledFailure('completion cancelled', [report]);
    }
    const decision = decideRetry({
      kind,
      attempts: report.attempts,
      policy: retry,
      remainingMs: remainingMs(),
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
function reportSoFar(info: Info, { candidate, retry }: CallModelInput): CallReport {
  const details: unknown = info.heartbeatDetails;
  const earlier: CallReport = isCallReport(details) ? details : { attempts: [], through: 0 };
  const attempts = [...earlier.attempts];
  for (let lost = earlier.through + 1; lost < info.attempt; lost += 1) {
    const began = earlier.callingSince ?? new Date(lastKnown(info, attempts)).toISOString();
    const afterMs = lostWorkerDelayMs(retry, lost + 1);
    attempts.push({
      model: candidate.model,
      provider: candidate.provider,
      outcome: 'worker_lost',
      startedAt: began,
      // Until the loss was noticed: the repetition was scheduled its delay later.
      durationMs: Math.max(0, info.currentAttemptScheduledTimestampMs - afterMs - Date.parse(began)),
      message: 'the worker went away during the call; the provider may have been paid for it',
      next: { action: 'retry', afterMs, because: 'another_worker' },
    });
  }
  return { attempts, through: info.attempt - 1 };
}

function lastKnown(info: Info, attempts: Attempt[]): number {
  const last = attempts.at(-1);
  return last === undefined ? info.scheduledTimestampMs : Date.parse(last.startedAt) + last.durationMs;
}

/**
 * Milliseconds that this attempt still has. Up to its scheduling both times are the server's. How long it then waited
 * for a worker only this machine's clock can tell; should that clock be wrong, half of the time is left all the same.
 */
function timeLeftAtStart(info: Info, startedAt: number): number {
  const left =
    info.scheduleToCloseTimeoutMs - (info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs);
  const waited = Math.max(0, startedAt - info.currentAttemptScheduledTimestampMs);
  return left - Math.min(waited, left / 2);
}

function whyTaken({ cancellationDetails }: Context): string {
  if (cancellationDetails?.workerShutdown) return 'the worker shut down before the call ended';
  if (cancellationDetails?.paused) return 'an operator paused the activity during the call';
  if (cancellationDetails?.reset) return 'an operator reset the activity during the call';
  return 'Temporal no longer waits for this call';
}

/** Provider calls end in values, so an exception is a fault of ours. Its message may quote the request and goes nowhere. */
function faultOfOurs(
  error: unknown,
  { model, provider }: CallModelInput['candidate'],
  startedAt: number,
  { now, logger }: ActivityDependencies,
): ModelAttempt {
  const name = error instanceof Error ? error.name : typeof error;
  const frames = error instanceof Error ? framesOf(error) : [];
  logger.error({ model, error: name, frames }, 'a fault in Holdfast ended a call');
  const failure = {
    kind: 'internal_error',
    message: `Holdfast failed with ${name}; the log of the worker says where`,
  } as const;
  const attempt: Attempt = {
    model,
    provider,
    outcome: failure.kind,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.max(0, now() - startedAt),
    message: failure.message,
  };
  return { attempts: [attempt], result: { ok: false, failure } };
}

/** The stack without the message, which may have lines that look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const frames = stack.slice(stack.indexOf(message) + message.length).split('\n');
  return frames.filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
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
