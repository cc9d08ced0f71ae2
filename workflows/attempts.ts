import { ActivityCancellationType, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Trail } from '../contracts/attempt.js';
import type { CallModelResult, CompletionActivities } from '../contracts/call.js';
import type { ChatRequest } from '../contracts/chat.js';
import type { Route } from '../contracts/route.js';
import { toleratedWorkerLosses } from '../policy/retry.js';
import { nextStep, type WalkStep } from '../policy/walk.js';
import { attemptsIn } from './reported-attempts.js';
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
  for (;;) {
    const step = nextStep(route, trail, remainingMs());
    noteStep(trail, step);
    if (trail.length > 0) tellTrail(trail);
    if (step.action === 'stop') return { ok: false, because: step.because };
    const scheduledAt = Date.now();
    try {
      const { answer, attempts, notices } = await callCandidate(route, request, step, trail);
      trail.push(...attempts);
      return { ok: true, answer, notices };
    } catch (error) {
      trail.push(...attemptsIn(error, step.candidate, scheduledAt));
      if (isCancellation(error)) throw error;
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
      initialInterval: retry.baseDelayMs,
      maximumInterval: Math.max(retry.maxDelayMs, retry.baseDelayMs),
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

const stopReasons = {
  deadline: 'no time is left of the deadline',
  not_retryable: 'no other model would take it',
} as const;
