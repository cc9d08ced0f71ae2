import {
  ActivityCancellationType,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { Attempt, Trail } from '../contracts/attempt.js';
import type { CallModelResult, CompletionActivities } from '../contracts/call.js';
import type { ChatRequest } from '../contracts/chat.js';
import type { Route } from '../contracts/route.js';
import { lostWorkerDelays, toleratedWorkerLosses } from '../policy/retry.js';
import { nextStep, type WalkStep } from '../policy/walk.js';
import { attemptsIn } from './reported-attempts.js';
import { shieldedCall } from './shielded-call.js';
import { summaryOf, tellTrail } from './story.js';

type CallStep = Extract<WalkStep, { action: 'call' }>;
type StopStep = Extract<WalkStep, { action: 'stop' }>;

/** On top of the attempt timeout that the activity keeps itself; only a worker that hangs lets it pass. */
const startToCloseGraceMs = 5_000;

export type WalkEnding =
  | { ok: true; answer: CallModelResult['answer']; notices: string[] }
  | { ok: false; because: StopStep['because'] };

/** Carries out the walk: one activity for each candidate that the policy chooses; `trail` grows as they end. */
export async function walkChain(
  route: Route,
  request: ChatRequest,
  trail: Trail,
  remainingMs: () => number,
): Promise<WalkEnding> {
  const completion = CancellationScope.current();
  for (;;) {
    const step = nextStep(route, trail, remainingMs());
    noteStep(trail, step);
    if (trail.length > 0) tellTrail(trail);
    if (step.action === 'stop') return { ok: false, because: step.because };
    const scheduledAt = Date.now();
    let reported: Attempt[] = [];
    try {
      const { answer, attempts, notices } = await shieldedCall(
        () => callCandidate(route, request, step, trail),
        (attempts) => {
          reported = attempts;
        },
      );
      trail.push(...attempts);
      return { ok: true, answer, notices };
    } catch (error) {
      trail.push(...attemptsIn(error, step.candidate, { scheduledAt, reported }));
      // Also when the call failed by itself at that moment: nobody waits for another one.
      if (completion.consideredCancelled || isCancellation(error)) {
        noteCancelled(trail);
        throw new CancelledFailure(
          'the completion was cancelled',
          [],
          error instanceof Error ? error : undefined,
        );
      }
    }
  }
}

function callCandidate(
  { retry }: Route,
  request: ChatRequest,
  { candidate, allowedMs, hasAlternative }: CallStep,
  trail: Trail,
): Promise<CallModelResult> {
  const { callModel } = proxyActivities<CompletionActivities>({
    scheduleToCloseTimeout: allowedMs,
    startToCloseTimeout: Math.min(allowedMs, retry.attemptTimeoutMs + startToCloseGraceMs),
    heartbeatTimeout: retry.heartbeatTimeoutMs,
    retry: {
      maximumAttempts: retry.maxAttempts + toleratedWorkerLosses,
      initialInterval: lostWorkerDelays(retry).initialMs,
      maximumInterval: lostWorkerDelays(retry).maximumMs,
      backoffCoefficient: 2,
    },
    // The trail of a cancelled call is worth the wait for its last word.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: summaryOf(candidate, trail),
  });
  return callModel({ candidate, request, retry, hasAlternative });
}

/** Says in the last entry what the walk made of it. */
function noteStep(trail: Trail, step: WalkStep): void {
  const last = trail.at(-1);
  if (last === undefined) return;
  const why = last.next?.action === 'stop' ? last.next.because : last.outcome;
  last.next =
    step.action === 'call'
      ? { action: 'fallback', to: step.candidate.model, because: why }
      : {
          action: 'stop',
          because: step.because === 'exhausted' ? `${why}; no candidate is left` : stopReasons[step.because],
        };
}

function noteCancelled(trail: Trail): void {
  const last = trail.at(-1);
  if (last !== undefined) last.next = { action: 'stop', because: 'cancelled by the caller' };
}

const stopReasons = {
  deadline: 'no time is left of the deadline',
  not_retryable: 'no other model would take it',
} as const;
