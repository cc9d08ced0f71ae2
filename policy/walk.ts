import type { Attempt, Trail } from '../contracts/attempt.js';
import { isFailure } from '../contracts/outcome.js';
import type { Candidate, Route } from '../contracts/route.js';
import { outcomeRules } from './outcome-rules.js';

/** With less than this left no provider can answer, so none is paid for trying. */
export const leastUsefulMs = 50;

/** Kept back from the time that a call may take, so that its ending is recorded before Temporal's own timeout. */
export function recordingMarginMs(allowedMs: number): number {
  return Math.min(longestRecordingMarginMs, allowedMs / 5);
}
const longestRecordingMarginMs = 500;

export type WalkStep =
  | {
      action: 'call';
      candidate: Candidate;
      /** Longest that this candidate may take, waits and retries included, in milliseconds. */
      allowedMs: number;
      /** Whether another candidate is left after this one. */
      hasAlternative: boolean;
    }
  | { action: 'stop'; because: 'deadline' | 'not_retryable' | 'exhausted' };

/**
 * The walk along the chain: which candidate is called now, or why none is. Pure and derived from the trail alone, so
 * a replay makes the same choices. Each candidate is called at most once (the attempts within are Temporal's retries).
 */
export function nextStep(route: Route, trail: Trail, remainingMs: number): WalkStep {
  if (remainingMs < leastUsefulMs) return { action: 'stop', because: 'deadline' };
  const last = trail.at(-1);
  if (last !== undefined && isFailure(last.outcome) && outcomeRules[last.outcome].otherModel === 'no') {
    return { action: 'stop', because: 'not_retryable' };
  }
  const [candidate, ...others] = openCandidates(route, trail);
  if (candidate === undefined) {
    const cut = last !== undefined && cutByDeadline(last, route, remainingMs);
    return { action: 'stop', because: cut ? 'deadline' : 'exhausted' };
  }
  const hasAlternative = others.length > 0;
  return {
    action: 'call',
    candidate,
    hasAlternative,
    // No model may use more than half of the time left while another could still answer.
    allowedMs: Math.floor(hasAlternative ? remainingMs / 2 : remainingMs),
  };
}

/** The last call ended before its own timeout, since nothing but the recording margin was left of the deadline. */
function cutByDeadline({ outcome, durationMs }: Attempt, { retry }: Route, remainingMs: number): boolean {
  return (
    outcome === 'timeout' && durationMs < retry.attemptTimeoutMs && remainingMs <= longestRecordingMarginMs
  );
}

function openCandidates(route: Route, trail: Trail): Candidate[] {
  const tried = new Set(trail.map(({ model }) => model));
  const tooSmall = route.candidates.filter(({ model }) =>
    trail.some((attempt) => attempt.model === model && attempt.outcome === 'context_too_long'),
  );
  return route.candidates.filter(
    (candidate) => !tried.has(candidate.model) && tooSmall.every((refused) => isLarger(candidate, refused)),
  );
}

/** An unknown window is not known to be too small, so it gets its try. */
function isLarger(candidate: Candidate, refused: Candidate): boolean {
  if (candidate.contextWindow === undefined || refused.contextWindow === undefined) return true;
  return candidate.contextWindow > refused.contextWindow;
}
