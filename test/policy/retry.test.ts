import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../contracts/attempt.js';
import type { FailureKind } from '../../contracts/outcome.js';
import type { RetryPolicy } from '../../contracts/policy.js';
import { backoffMs, countedAttempts, decideRetry, type RetryQuestion } from '../../policy/retry.js';

const policy: RetryPolicy = {
  maxAttempts: 3,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  attemptTimeoutMs: 30_000,
  maxWaitBeforeFallbackMs: 5_000,
  firstTokenTimeoutMs: 15_000,
  idleTimeoutMs: 15_000,
  heartbeatTimeoutMs: 10_000,
  heartbeatIntervalMs: 5_000,
};

function failed(outcome: FailureKind, next?: Attempt['next']): Attempt {
  return {
    model: 'm',
    provider: 'p',
    outcome,
    startedAt: '',
    durationMs: 1,
    ...(next === undefined ? {} : { next }),
  };
}

function ask(kind: FailureKind, changes: Partial<RetryQuestion> = {}): ReturnType<typeof decideRetry> {
  return decideRetry({
    kind,
    attempts: [failed(kind)],
    policy,
    remainingMs: 100_000,
    hasAlternative: true,
    random: () => 0.5,
    ...changes,
  });
}

describe('backoff', () => {
  it('is a uniform draw between 1 ms and the doubled, capped delay', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (retries, draw) => {
          const delay = backoffMs(policy, retries, () => draw);
          expect(delay).toBeGreaterThanOrEqual(1);
          expect(delay).toBeLessThanOrEqual(Math.min(60_000, 1_000 * 2 ** retries));
        },
      ),
    );
    expect(backoffMs(policy, 0, () => 0)).toBe(1);
    expect(backoffMs(policy, 2, () => 0.999999)).toBe(4_000);
  });
});

describe('decideRetry', () => {
  it('waits as long as Retry-After says instead of backing off', () => {
    expect(ask('rate_limited', { retryAfterMs: 2_500 })).toEqual({
      retry: true,
      afterMs: 2_500,
      because: 'retry_after',
    });
  });

  it('never waits zero, which Temporal would take as no retry', () => {
    expect(ask('rate_limited', { retryAfterMs: 0 })).toMatchObject({ retry: true, afterMs: 1 });
  });

  it('goes on to another model rather than wait longer than maxWaitBeforeFallback', () => {
    expect(ask('rate_limited', { retryAfterMs: 5_001 })).toMatchObject({ retry: false });
    expect(ask('rate_limited', { retryAfterMs: 5_001, hasAlternative: false })).toMatchObject({
      retry: true,
      afterMs: 5_001,
    });
  });

  it('does not wait past the time that is left', () => {
    expect(ask('rate_limited', { retryAfterMs: 4_000, remainingMs: 4_000 })).toMatchObject({ retry: false });
  });

  it('stops after maxAttempts, counting neither lost workers nor calls repeated with another key', () => {
    const again = failed('auth_failed', { action: 'retry', afterMs: 0, because: 'next_key' });
    const two = [failed('worker_lost'), again, failed('server_error'), failed('server_error')];
    expect(countedAttempts(two)).toBe(2);
    expect(ask('server_error', { attempts: two })).toMatchObject({ retry: true });
    expect(ask('server_error', { attempts: [...two, failed('server_error')] })).toMatchObject({
      retry: false,
    });
  });

  it.each(['malformed', 'empty'] as const)('%s is tried once more, not twice', (kind) => {
    expect(ask(kind)).toMatchObject({ retry: true });
    expect(ask(kind, { attempts: [failed(kind), failed(kind)] })).toMatchObject({ retry: false });
  });

  it('a lost worker is replaced at once', () => {
    expect(ask('worker_lost')).toEqual({ retry: true, afterMs: 1, because: 'another_worker' });
  });

  it.each([
    'bad_request',
    'auth_failed',
    'truncated',
    'model_not_found',
    'context_too_long',
    'cancelled',
  ] as const)('%s does not pass by trying again', (kind) => {
    expect(ask(kind)).toMatchObject({ retry: false });
  });
});
