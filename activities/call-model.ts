import { CancelledFailure, Context } from '@temporalio/activity';
import type { Attempt } from '../contracts/attempt.js';
import {
  attemptsReported,
  type CallModelInput,
  type CallModelResult,
  type CallReport,
} from '../contracts/call.js';
import type { FailureKind } from '../contracts/outcome.js';
import { nextCut } from '../policy/continuation/index.js';
import { decideRaceRetry } from '../policy/race-retry.js';
import { decideRetry, lostWorkers, toleratedWorkerLosses, type RetryDecision } from '../policy/retry.js';
import { recordingMarginMs } from '../policy/walk.js';
import { attemptSetup } from './attempt-setup.js';
import { takeOver } from './begun-call.js';
import { hedgeFits, spentHere } from './call-budget.js';
import { contendedAttempt } from './contended-attempt.js';
import type { ActivityDependencies } from './dependencies.js';
import { reportSoFar, sinceScheduled, timeLeftAtStart } from './earlier-attempts.js';
import { callFailure } from './failure.js';

/** Largest result that is recorded, as JSON: Temporal refuses payloads of 2 MB, and the other models' trail comes on top. */
const largestResultBytes = 1_500_000;

/** How often a call heartbeats that is not alone: cancellation travels with heartbeats. */
const rivalHeartbeatMs = 500;

/** The activity `callModel`; see the contract in contracts/call.ts. */
export function createCallModel(dependencies: ActivityDependencies) {
  return async function callModel(input: CallModelInput): Promise<CallModelResult> {
    const context = Context.current();
    const { info } = context;
    const { candidate, retry, budget } = input;
    const completionId = info.workflowExecution?.workflowId ?? '';
    const logger = dependencies.logger.child({
      completion: completionId,
      model: candidate.model,
      attempt: info.attempt,
    });
    const report = reportSoFar(info, input);
    dependencies.health.clock.observe(info.currentAttemptScheduledTimestampMs, dependencies.now());
    const told = Math.max(
      attemptsReported(info.heartbeatDetails).length,
      input.earlier?.attempts.length ?? 0,
    );
    for (const lost of report.attempts.slice(told)) dependencies.health.noteFailure(lost);
    const setup = attemptSetup(dependencies, input.configHash, report.adaptations);
    if (setup.standsInFor !== undefined) {
      const { configHash, standsInFor } = setup;
      logger.info(
        { configHash, standsInFor },
        'the config of this completion is not known here; another stands in',
      );
    }
    const startedAt = dependencies.now();
    const allowedMs = timeLeftAtStart(info, startedAt);
    const marginMs = recordingMarginMs(allowedMs);
    const remainingMs = (): number => allowedMs - marginMs - (dependencies.now() - startedAt);

    const { model } = candidate;
    const ofModel = (): Attempt[] => report.attempts.filter((attempt) => attempt.model === model);
    const losses = lostWorkers(ofModel());
    if (losses > toleratedWorkerLosses) {
      const last = lastOf(report.attempts);
      const because = `${String(losses)} workers went away during calls of this model`;
      const decision: RetryDecision = { retry: false, because };
      noteDecision(last, decision);
      logger.error({ outcome: last.outcome, next: last.next }, 'this request may be what ends workers');
      throw callFailure('worker_lost', because, report, decision);
    }

    const attendance = dependencies.attendances.of(completionId);
    const begun = attendance?.claim?.(input);
    const callingSince = new Date(begun?.startedAt ?? startedAt).toISOString();
    let alsoCalling: NonNullable<CallReport['alsoCalling']> = [];
    const beat = (): void => {
      const others = alsoCalling.length === 0 ? {} : { alsoCalling };
      context.heartbeat({ ...report, callingSince, ...others } satisfies CallReport);
    };
    // A first attempt that ends soon costs no heartbeat; a later one has losses to report that nobody else remembers.
    if (info.attempt > 1) beat();
    let beatAt = startedAt;
    const everyMs = Math.min(retry.heartbeatIntervalMs, (info.heartbeatTimeoutMs ?? Infinity) / 3);
    const heartbeat = setInterval(
      () => {
        // Whoever cancels a completion with several calls out ends them all, each of them paid for.
        const hurried = input.race !== undefined || alsoCalling.length > 0 || input.attended === true;
        if (!hurried && dependencies.now() - beatAt < everyMs) return;
        beatAt = dependencies.now();
        beat();
      },
      Math.min(everyMs, rivalHeartbeatMs),
    );
    const inTurnMs = (): number =>
      Math.min(
        remainingMs(),
        (input.turnMs ?? Infinity) - sinceScheduled(info) - (dependencies.now() - startedAt),
      );
    const age = input.context && { ...input.context, ageMs: input.context.ageMs + sinceScheduled(info) };
    const onAlsoCalling = (calls: typeof alsoCalling): void => {
      const more = calls.length > alsoCalling.length;
      alsoCalling = calls;
      // Rivals begin together, and of two heartbeats Temporal's client holds the second one back.
      if (!more) return;
      queueMicrotask(() => {
        if (alsoCalling === calls) beat();
      });
    };
    const ends = [context.cancellationSignal, ...(attendance?.left === undefined ? [] : [attendance.left])];
    const made =
      begun === undefined
        ? contendedAttempt(dependencies, input, {
            setup,
            completionId,
            attempt: info.attempt,
            earlier: report.attempts,
            leaseAgeMs: Math.max(0, dependencies.health.clock.at(startedAt) - info.scheduledTimestampMs),
            remainingMs: Math.max(1, remainingMs()),
            inTurnMs: Math.max(1, inTurnMs()),
            signal: AbortSignal.any(ends),
            hedgeFits: hedgeFits(input, report.attempts),
            ...(report.cut === undefined ? {} : { cut: report.cut }),
            onAlsoCalling,
            ...(age === undefined ? {} : { context: age }),
          })
        : takeOver(begun, ends, onAlsoCalling);
    const ended = await made.finally(() => clearInterval(heartbeat));
    const { attempts, adaptations, result, continuation } = ended;

    report.attempts.push(...attempts);
    report.through = info.attempt;
    if (adaptations !== undefined && adaptations.length > 0) report.adaptations = adaptations;
    const last = lastOf(report.attempts);
    let kind: FailureKind;
    if (result.ok) {
      const { answer, notices } = result;
      const continuations = [
        ...(report.cut?.before ?? []),
        ...(continuation === undefined ? [] : [continuation]),
      ];
      const success: CallModelResult = {
        answer,
        attempts: report.attempts,
        notices,
        ...(continuations.length === 0 ? {} : { continuations }),
      };
      const bytes = Buffer.byteLength(JSON.stringify(success));
      if (bytes <= largestResultBytes) {
        logger.debug({ outcome: 'success', durationMs: last.durationMs }, 'model answered');
        return success;
      }
      kind = 'payload_too_large';
      last.message = `the answer has ${String(bytes)} bytes, more than the ${String(largestResultBytes)} that can be recorded`;
    } else if (
      result.failure.kind === 'cancelled' &&
      !context.cancellationDetails?.cancelRequested &&
      attendance?.left?.aborted !== true
    ) {
      // Aborted, yet nobody cancelled the completion: this worker is going away, or Temporal took the call from it.
      kind = 'worker_lost';
      for (const cut of attempts.filter(({ outcome }) => outcome === 'cancelled')) {
        cut.outcome = kind;
        cut.message = `${whyTaken(context)}; the provider may have been paid for it`;
      }
    } else {
      kind = result.failure.kind;
    }
    last.outcome = kind;
    if (kind === 'cancelled') {
      const because = 'cancelled by the caller';
      last.next = { action: 'stop', because };
      if (context.cancellationDetails?.cancelRequested)
        throw new CancelledFailure('completion cancelled', [report]);
      // They left from here: Temporal has been told to end the completion, and comes to this call later.
      throw callFailure(kind, because, report, { retry: false, because });
    }
    const { cut, broken } = nextCut(report.cut, { ...ended, model: last.model, because: kind }, input);
    if (cut === undefined) delete report.cut;
    else report.cut = cut;
    if (attendance?.failed?.(last, broken) === 'unwanted') report.unwanted = true;
    const decision: RetryDecision =
      report.unwanted === true
        ? { retry: false, because: 'its stream broke off, and nobody waits for another answer' }
        : input.race !== undefined && kind !== 'worker_lost'
          ? decideRaceRetry(attempts, report.attempts, {
              policy: retry,
              remainingMs: inTurnMs(),
              random: dependencies.random,
            })
          : decideRetry({
              kind,
              attempts: ofModel(),
              policy: retry,
              remainingMs: inTurnMs(),
              hasAlternative: input.hasAlternative,
              random: dependencies.random,
              ...(budget === undefined
                ? {}
                : {
                    affordable: spentHere(input, report.attempts) + budget.estimateUsd <= budget.leftUsd,
                  }),
              withinRetryBudget: dependencies.health.allowsExtra(model),
              ...(last.retryAfterMs === undefined ? {} : { retryAfterMs: last.retryAfterMs }),
              ...(last.refusal === undefined ? {} : { refusal: last.refusal }),
            });
    if (kind === 'worker_lost' || kind === 'internal_error') dependencies.health.noteFailure(last);
    if (decision.retry && drawsOnBudget(decision)) dependencies.health.countExtra(model);
    noteDecision(last, decision);
    logger.warn({ outcome: kind, httpStatus: last.httpStatus, next: last.next }, 'attempt failed');
    // The next attempt reads it from here: Temporal keeps a retried failure to itself.
    if (decision.retry) context.heartbeat(report);
    else attendance?.givenUp?.();
    throw callFailure(kind, last.message ?? kind, report, decision);
  };
}

function whyTaken({ cancellationDetails }: Context): string {
  if (cancellationDetails?.workerShutdown) return 'the worker shut down before the call ended';
  if (cancellationDetails?.paused) return 'an operator paused the activity during the call';
  if (cancellationDetails?.reset) return 'an operator reset the activity during the call';
  return 'Temporal no longer waits for this call';
}

/** Neither a lost worker nor a gate is an outage that is multiplied by calling again. */
function drawsOnBudget({ because }: Extract<RetryDecision, { retry: true }>): boolean {
  return because === 'backoff' || because === 'retry_after';
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
