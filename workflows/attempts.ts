import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';
import type { Attempt, Trail } from '../contracts/attempt.js';
import type { CallModelResult, CallReport } from '../contracts/call.js';
import type { CompletionInput } from '../contracts/completion.js';
import type { CutStream } from '../contracts/continuation.js';
import type { Route } from '../contracts/route.js';
import type { ParkedTime } from '../policy/conclusion.js';
import { nextStep, type Round, type WalkStep } from '../policy/walk.js';
import { callCandidate, reportOfGoneProcess } from './call-candidate.js';
import { park, parksFor } from './park.js';
import { attemptsIn, reportIn } from './reported-attempts.js';
import { shieldedCall } from './shielded-call.js';
import { tellTrail } from './story.js';

type RefuseStep = Extract<WalkStep, { action: 'refuse' }>;
type StopStep = Extract<WalkStep, { action: 'stop' }>;

export type WalkEnding =
  | ({ ok: true } & Omit<CallModelResult, 'attempts'>)
  | { ok: false; because: StopStep['because']; parked: ParkedTime };

/** Carries out the walk: one activity for each candidate that the policy chooses; `trail` grows as they end. */
export async function walkChain(
  route: Route,
  input: CompletionInput,
  trail: Trail,
  /** Milliseconds since the completion began. */
  ageMs: () => number,
): Promise<WalkEnding> {
  const completion = CancellationScope.current();
  trail.push(...(route.refused ?? []));
  let round: Round = { from: 0 };
  const parked: ParkedTime = { times: 0, wholeMs: 0, sinceLastMs: 0 };
  let { processQueue } = input;
  let earlier: CallReport | undefined;
  let cut: CutStream | undefined;
  for (;;) {
    const remainingMs = input.deadlineMs - ageMs();
    const step = nextStep(route, trail, { remainingMs, stream: input.stream ?? false, round });
    if (earlier !== undefined && step.action !== 'call') {
      // There is no time left to ask another worker.
      trail.push(...earlier.attempts);
      earlier = undefined;
      continue;
    }
    noteStep(trail, step);
    const awaited = step.action === 'stop' && step.because === 'exhausted' ? parksFor(route, trail) : [];
    if (awaited.length > 0) {
      const parkedAt = ageMs();
      const usable = await park(route, trail, awaited, { parkedBefore: parked.times, remainingMs, round });
      parked.times += 1;
      parked.sinceLastMs = ageMs() - parkedAt;
      parked.wholeMs += parked.sinceLastMs;
      if (usable === undefined) return { ok: false, because: 'deadline', parked };
      // Both came at once: no call is begun that nobody waits for.
      if (completion.consideredCancelled) {
        noteCancelled(trail);
        throw new CancelledFailure('the completion was cancelled');
      }
      round = { from: trail.length, usable };
      continue;
    }
    if (trail.length > 0) tellTrail(trail);
    if (step.action === 'stop') return { ok: false, because: step.because, parked };
    if (step.action === 'refuse') {
      trail.push(refused(step));
      continue;
    }
    parked.sinceLastMs = 0;
    const scheduledAt = Date.now();
    let reported: Attempt[] = earlier?.attempts ?? [];
    const place = { ...(processQueue && { processQueue }), ...(earlier && { earlier }), ...(cut && { cut }) };
    try {
      const { attempts, ...answered } = await shieldedCall(
        () => callCandidate(route, input, step, trail, ageMs(), place),
        (attempts) => {
          if (attempts.length > 0) reported = attempts;
        },
      );
      trail.push(...attempts);
      return { ok: true, ...answered };
    } catch (error) {
      const gone = processQueue && reportOfGoneProcess(error, step, { scheduledAt, reported });
      if (gone && !completion.consideredCancelled) {
        // The same candidate again, and all that follows, wherever there is a worker.
        processQueue = undefined;
        earlier = gone;
        continue;
      }
      earlier = undefined;
      const report = reportIn(error);
      if (report !== undefined) ({ cut } = report);
      trail.push(...attemptsIn(error, step.candidate, { scheduledAt, reported }));
      // Its caller had the beginning of an answer that nobody goes on with.
      if (report?.unwanted === true) return { ok: false, because: 'not_retryable', parked };
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

/** The entry of a candidate that is passed over without a call. */
function refused({ candidate, outcome, message }: RefuseStep): Attempt {
  const { model, provider } = candidate;
  return { model, provider, outcome, startedAt: new Date().toISOString(), durationMs: 0, message };
}

/** Says in the last entry what the walk made of it. */
function noteStep(trail: Trail, step: WalkStep): void {
  const last = trail.at(-1);
  if (last === undefined) return;
  const why = last.next?.action === 'stop' ? last.next.because : last.outcome;
  if (step.action === 'stop') {
    const because = step.because === 'exhausted' ? `${why}; no candidate is left` : stopReasons[step.because];
    last.next = { action: 'stop', because };
  } else if (last.next?.action !== 'park') {
    last.next = { action: 'fallback', to: step.candidate.model, because: why };
  }
}

function noteCancelled(trail: Trail): void {
  const last = trail.at(-1);
  if (last !== undefined) last.next = { action: 'stop', because: 'cancelled by the caller' };
}

const stopReasons = {
  deadline: 'no time is left of the deadline',
  not_retryable: 'no other model would take it',
} as const;
