import type { CallModelInput } from '../contracts/call.js';
import { contendedAttempt } from './contended-attempt.js';
import { recordingMarginMs } from '../policy/walk.js';
import { attemptSetup } from './attempt-setup.js';
import type { ActivityDependencies } from './dependencies.js';
import type { BegunCall, CallsBeside } from './model-attempt.js';

/**
 * Begins the first attempt of a completion in this process, with the admission, keys, hooks and time limits that its
 * activity would give it.
 * @param allowedMs The activity's time: schedule-to-close as the workflow will set it.
 */
export function beginCall(
  dependencies: ActivityDependencies,
  completionId: string,
  input: CallModelInput,
  allowedMs: number,
): BegunCall {
  const abort = new AbortController();
  const startedAt = dependencies.now();
  const remainingMs = Math.max(1, allowedMs - recordingMarginMs(allowedMs));
  let beside: CallsBeside = [];
  let listener: ((calls: CallsBeside) => void) | undefined;
  const { context, turnMs = Infinity } = input;
  const made = contendedAttempt(dependencies, input, {
    setup: attemptSetup(dependencies, input.configHash),
    completionId,
    attempt: 1,
    earlier: [],
    leaseAgeMs: 0,
    remainingMs,
    inTurnMs: Math.min(remainingMs, turnMs),
    signal: abort.signal,
    // With nothing spent yet the walk has seen to that.
    hedgeFits: true,
    onAlsoCalling: (calls) => {
      beside = calls;
      listener?.(calls);
    },
    ...(input.cut === undefined ? {} : { cut: input.cut }),
    ...(context === undefined ? {} : { context }),
  });
  made.catch(() => undefined);
  return {
    startedAt,
    input,
    made,
    abort: () => abort.abort(),
    onAlsoCalling: (told) => {
      listener = told;
      if (beside.length > 0) told(beside);
    },
  };
}

/** The call that was begun ahead of its activity, as if it had been made in it. */
export function takeOver(
  begun: BegunCall,
  ends: AbortSignal[],
  onAlsoCalling: (calls: CallsBeside) => void,
): BegunCall['made'] {
  begun.onAlsoCalling(onAlsoCalling);
  for (const end of ends) {
    end.addEventListener('abort', begun.abort, { once: true });
    if (end.aborted) begun.abort();
  }
  return begun.made;
}
