import { z } from 'zod';
import { alertsSchema } from './alerts.js';
import { benchOverrides, benchSchema } from './bench.js';
import { circuitBreakerOverrides, circuitBreakerSchema } from './breaker.js';
import { duration } from './common.js';
import {
  fallbackSchema,
  hedgeSchema,
  loadBalancerSchema,
  onExhaustedSchema,
  retryBudgetSchema,
  standInSchema,
} from './fallback.js';

const retryFields = {
  maxAttempts: z.int().min(1).max(20).describe('Calls to one model, the first included.'),
  baseDelay: duration('Longest first wait; doubles with each retry.'),
  maxDelay: duration('Longest wait. A Retry-After of the provider replaces both.'),
  attemptTimeout: duration('Longest that one call may take.'),
  firstTokenTimeout: duration('Longest wait for the first token of a streamed call, reasoning included.'),
  idleTimeout: duration('Longest silence between two tokens of a streamed call.'),
  maxWaitBeforeFallback: duration('No model is waited for longer while another one is free.'),
  heartbeatTimeout: duration('After this silence a worker counts as lost.'),
  heartbeatInterval: duration(
    'How often a call says that it lives; the longest a cancellation takes. At most half of the timeout.',
  ),
};

/** Retries with every default. */
export const retrySchema = z
  .strictObject({
    maxAttempts: retryFields.maxAttempts.prefault(3),
    baseDelay: retryFields.baseDelay.prefault('1s'),
    maxDelay: retryFields.maxDelay.prefault('60s'),
    attemptTimeout: retryFields.attemptTimeout.prefault('30s'),
    firstTokenTimeout: retryFields.firstTokenTimeout.prefault('15s'),
    idleTimeout: retryFields.idleTimeout.prefault('15s'),
    maxWaitBeforeFallback: retryFields.maxWaitBeforeFallback.prefault('5s'),
    heartbeatTimeout: retryFields.heartbeatTimeout.prefault('10s'),
    heartbeatInterval: retryFields.heartbeatInterval.prefault('5s'),
  })
  .superRefine(({ heartbeatInterval, heartbeatTimeout, baseDelay, maxDelay }, context) => {
    if (heartbeatInterval * 2 > heartbeatTimeout) {
      const both = `${String(heartbeatInterval)} and ${String(heartbeatTimeout)} ms`;
      context.addIssue({
        code: 'custom',
        path: ['heartbeatInterval'],
        message: `must be at most half of heartbeatTimeout (${both}), or one late heartbeat makes a worker count as lost: change either`,
      });
    }
    if (baseDelay > maxDelay) {
      const both = `${String(baseDelay)} and ${String(maxDelay)} ms`;
      context.addIssue({
        code: 'custom',
        path: ['baseDelay'],
        message: `must not be longer than maxDelay (${both}): change either`,
      });
    }
  })
  .describe('How one model is tried again.');

/** Below this no provider answers: it is a slip, such as `5` for five seconds. */
const shortestDeadlineMs = 100;

const deadline = duration('Time for a whole completion when the request sets none. At least 100 ms.').refine(
  (milliseconds) => milliseconds >= shortestDeadlineMs,
  { message: 'too short for any answer: at least 100 ms; a number without a unit is milliseconds' },
);

const onStreamCut = z
  .enum(['fail', 'continue'])
  .describe(
    'When a stream breaks off after text was delivered: it ends with an error (`fail`), or the next attempt goes on from that text (`continue`). Never within tool calls or JSON.',
  );

const resilience = {
  circuitBreaker: circuitBreakerSchema.optional(),
  loadBalancer: loadBalancerSchema.optional(),
  fallback: fallbackSchema.optional(),
  hedge: hedgeSchema.optional(),
  retryBudget: retryBudgetSchema.optional(),
  onExhausted: onExhaustedSchema.optional(),
  standIn: standInSchema.optional(),
  alerts: alertsSchema.optional(),
};

/** The sections that a policy profile may set as well. */
export const policyShape = {
  retry: retrySchema.prefault({}),
  deadline: deadline.prefault('5m'),
  bench: benchSchema.prefault({}),
  onStreamCut: onStreamCut.prefault('fail'),
  ...resilience,
};

/** A profile names only what it changes. */
export const profileSchema = z.strictObject({
  ...resilience,
  retry: z.strictObject(retryFields).partial().optional(),
  deadline: deadline.optional(),
  bench: benchOverrides.optional(),
  onStreamCut: onStreamCut.optional(),
  circuitBreaker: circuitBreakerOverrides.optional(),
  loadBalancer: loadBalancerSchema.partial().optional(),
  fallback: fallbackSchema.partial().optional(),
  hedge: hedgeSchema.partial().optional(),
});
