import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from '../contracts/attempt.js';
import type { ContextLifetime } from '../contracts/completion.js';
import type { Lease, Refusal } from '../contracts/health.js';
import type { HookedAttempt } from '../contracts/hooks.js';
import type { RetryPolicy } from '../contracts/policy.js';
import { durationInWords } from '../policy/words.js';
import type { AttemptLimits } from './attempt-model.js';
import { withoutCall } from './attempt-model.js';
import type { CallFacts } from './attempt-record.js';
import type { AttemptSetup } from './attempt-setup.js';
import type { ActivityDependencies } from './dependencies.js';
import { hookedAttempt } from './hooked-attempt.js';
import type { ModelAttempt } from './model-attempt.js';

/** How an attempt comes to be called at all. */
export interface AdmissionTerms {
  early?: boolean;
  lease?: Lease;
  /** Whether it is the first attempt at its model for this completion, and no hedge: retry budgets are a share of those. */
  first: boolean;
  retry: RetryPolicy;
}

/** A gate that ends so soon is waited for here: who comes back when the provider said finds it all but open. */
const shortGateMs = 300;

/**
 * One attempt, if its model may be called now: asks for admission, tells the health of the model how each provider call
 * ended, and gives a probe back. A refused attempt ends as `circuit_open` and costs no provider call.
 */
export async function admittedAttempt(
  dependencies: Pick<ActivityDependencies, 'resolveKey' | 'now' | 'health'>,
  setup: AttemptSetup,
  attempt: HookedAttempt,
  limits: AttemptLimits,
  { early = false, lease, first, retry }: AdmissionTerms,
  context?: ContextLifetime & { ageMs: number },
): Promise<ModelAttempt> {
  const { health, now } = dependencies;
  const { model, provider } = attempt;
  const startedAt = now();
  const request = { model, provider, early };
  let answer = await health.admit({ ...request, ...(lease === undefined ? {} : { lease }) });
  const gateMs =
    answer.admitted || answer.refusal.by !== 'gate' ? Infinity : (answer.refusal.dueInMs ?? Infinity);
  if (gateMs <= Math.min(shortGateMs, limits.timeoutMs / 2)) {
    await sleep(gateMs, undefined, { signal: limits.signal }).catch(() => undefined);
    // A lease was given back with the refusal.
    answer = await health.admit(request);
  }
  if (!answer.admitted) {
    return refusedAttempt({ model, provider, startedAt, endedAt: now() }, answer.refusal);
  }
  const { call } = answer;
  const progress = { calling: false, called: false };
  const { attemptTimeoutMs, firstTokenTimeoutMs } = retry;
  const usualMs =
    limits.stream === undefined ? attemptTimeoutMs : Math.min(attemptTimeoutMs, firstTokenTimeoutMs);
  const calls = {
    began: (): void => {
      health.began(call, first && !progress.called);
      progress.called = true;
      progress.calling = true;
    },
    answering: (): void => health.answering(call),
    ended: (ended: Attempt): void => {
      progress.calling = false;
      // The provider goes on to count what it wrote until it noticed.
      if (ended.outcome === 'cancelled') ended.costUsd ??= null;
      health.ended(call, ended, usualMs);
    },
  };
  try {
    const left = afterAdmission(limits, now() - startedAt);
    if (left === undefined) {
      const message = 'asking whether the model may be called took all of the time; no call was made';
      return withoutCall({ model, provider, startedAt, endedAt: now() }, { kind: 'timeout', message });
    }
    return await hookedAttempt(dependencies, setup, attempt, { ...left, calls }, context);
  } finally {
    if (progress.calling) health.abandoned(call);
    health.released(call);
  }
}

/** An attempt that its model's health did not let through. */
export function refusedAttempt(facts: CallFacts, refusal: Refusal): ModelAttempt {
  const { because, dueInMs } = refusal;
  const wait = dueInMs === undefined ? '' : `; due in ${durationInWords(dueInMs)}`;
  const refused = withoutCall(facts, { kind: 'circuit_open', message: `not called: ${because}${wait}` });
  for (const entry of refused.attempts) entry.refusal = refusal;
  return refused;
}

/** What is left of an attempt's time; undefined: nothing. */
function afterAdmission(
  { timeoutMs, stream, ...limits }: AttemptLimits,
  spentMs: number,
): AttemptLimits | undefined {
  const firstTokenMs = stream === undefined ? Infinity : stream.firstTokenTimeoutMs - spentMs;
  if (Math.min(timeoutMs - spentMs, firstTokenMs) <= 0) return undefined;
  return {
    ...limits,
    timeoutMs: timeoutMs - spentMs,
    ...(stream === undefined ? {} : { stream: { ...stream, firstTokenTimeoutMs: firstTokenMs } }),
  };
}
