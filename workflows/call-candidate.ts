import { TimeoutType } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  TimeoutFailure,
  proxyActivities,
} from '@temporalio/workflow';
import type { Trail } from '../contracts/attempt.js';
import type { CallModelInput, CallModelResult, CallReport, CompletionActivities } from '../contracts/call.js';
import type { CompletionInput } from '../contracts/completion.js';
import type { CutStream } from '../contracts/continuation.js';
import type { Route } from '../contracts/route.js';
import { callInput, type CallStep } from '../policy/call-input.js';
import { processAskedAgainMs, processQueueWaitMs, processSilenceMs } from '../policy/process-queue.js';
import { lostWorkerDelays, toleratedWorkerLosses } from '../policy/retry.js';
import { attemptsIn, reportIn, type CallFacts } from './reported-attempts.js';
import { summaryOf } from './story.js';

/** On top of the attempt timeout that the activity keeps itself; only a worker that hangs lets it pass. */
const startToCloseGraceMs = 5_000;

/** Where a model is called. */
export interface CallPlace {
  /** Queue of the one process whose caller is connected; absent: any worker takes the call. */
  processQueue?: string;
  /** What calls of this model came to in a process that is gone. */
  earlier?: CallReport;
  /** The stream of the model before, from which this one goes on. */
  cut?: CutStream;
}

/** Schedules the activity that calls one candidate, with Temporal's own retries. */
export function callCandidate(
  route: Route,
  input: CompletionInput,
  step: CallStep,
  trail: Trail,
  ageMs: number,
  { processQueue, earlier, cut }: CallPlace,
): Promise<CallModelResult> {
  const { retry } = route;
  const { candidate, allowedMs, rivals } = step;
  const { stream = false } = input;
  const remainingMs = input.deadlineMs - ageMs;
  const { initialMs, maximumMs } = lostWorkerDelays(retry);
  const { callModel } = proxyActivities<CompletionActivities>({
    // A stream that has begun may last as long as tokens come and the deadline allows.
    scheduleToCloseTimeout: stream ? remainingMs : allowedMs,
    startToCloseTimeout: stream
      ? remainingMs
      : Math.min(allowedMs, retry.attemptTimeoutMs + startToCloseGraceMs),
    heartbeatTimeout: retry.heartbeatTimeoutMs,
    retry: {
      maximumAttempts: retry.maxAttempts + toleratedWorkerLosses,
      initialInterval: initialMs,
      maximumInterval: maximumMs,
      backoffCoefficient: 2,
    },
    // The trail of a cancelled call is worth the wait for its last word.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: summaryOf(candidate, trail, rivals),
    ...(processQueue === undefined ? {} : inProcess(processQueue, route, { initialMs, maximumMs })),
  });
  const asked: CallModelInput = {
    ...callInput(route, input, step, trail, ageMs),
    ...(earlier === undefined ? {} : { earlier }),
    ...(cut === undefined ? {} : { cut }),
    ...(input.processQueue !== undefined && processQueue === undefined ? { attended: true } : {}),
  };
  return callModel(asked);
}

/** A process that is gone is noticed soon: Temporal asks it once more, in vain, and gives the call back. */
function inProcess(taskQueue: string, { retry }: Route, delays: { initialMs: number; maximumMs: number }) {
  return {
    taskQueue,
    scheduleToStartTimeout: processQueueWaitMs,
    heartbeatTimeout: Math.min(retry.heartbeatTimeoutMs, processSilenceMs),
    retry: {
      maximumAttempts: retry.maxAttempts + toleratedWorkerLosses,
      initialInterval: Math.min(processAskedAgainMs, delays.initialMs),
      maximumInterval: delays.maximumMs,
      backoffCoefficient: 2,
    },
  };
}

/**
 * What a call came to whose process does not take it, for the worker that takes its place; undefined where it ended
 * otherwise.
 */
export function reportOfGoneProcess(
  error: unknown,
  { candidate }: CallStep,
  facts: CallFacts,
): CallReport | undefined {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof TimeoutFailure)) return undefined;
  if (error.cause.timeoutType !== TimeoutType.SCHEDULE_TO_START) return undefined;
  const { adaptations, cut } = reportIn(error) ?? {};
  const attempts = attemptsIn(error, candidate, facts);
  for (const attempt of attempts.filter(({ next }) => next === undefined)) {
    attempt.next = { action: 'retry', afterMs: 0, because: 'another_worker' };
  }
  return {
    attempts,
    through: 0,
    ...(adaptations === undefined ? {} : { adaptations }),
    ...(cut === undefined ? {} : { cut }),
  };
}
