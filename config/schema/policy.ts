import { z } from 'zod';
import { duration, keyReference } from './common.js';

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
  .refine(({ heartbeatInterval, heartbeatTimeout }) => heartbeatInterval * 2 <= heartbeatTimeout, {
    path: ['heartbeatInterval'],
    message:
      'heartbeatInterval must be at most half of heartbeatTimeout, or one late heartbeat makes a worker count as lost',
  })
  .describe('How one model is tried again.');

const breakerFields = {
  failureThreshold: z
    .int()
    .min(1)
    .describe('Failures in a row after which a model is not called for a while.'),
  recoveryTimeout: duration('How long it is then left alone.'),
};

const circuitBreakerSchema = z
  .strictObject({
    failureThreshold: breakerFields.failureThreshold.prefault(5),
    recoveryTimeout: breakerFields.recoveryTimeout.prefault('60s'),
  })
  .describe('When a failing model is left alone.');

const loadBalancerSchema = z
  .strictObject({
    strategy: z.enum(['weighted', 'round_robin', 'least_loaded']).describe('How the first model is chosen.'),
    models: z.record(z.string(), z.number().positive()).describe('Models and their weights.'),
  })
  .describe('Spreads first calls over several models.');

const channelSchema = z.strictObject({
  kind: z.enum(['webhook', 'slack', 'email', 'sms']),
  to: z.string().min(1).describe('Address or number, for `email` and `sms`.').exactOptional(),
  url: keyReference
    .describe('Reference to the URL, for `webhook` and `slack`: such URLs are secrets.')
    .exactOptional(),
});

const alertsSchema = z
  .strictObject({
    failuresPerHour: z
      .int()
      .min(1)
      .describe('Failed completions within an hour that raise an alert.')
      .prefault(10),
    repeatAfter: duration('The same alert is not sent again within this time.').prefault('30m'),
    channels: z.array(channelSchema).describe('Where alerts go.').prefault([]),
  })
  .describe('Who is told about failures.');

const deadline = duration('Time for a whole completion when the request sets none.');

/** The sections that a policy profile may set as well. */
export const policyShape = {
  retry: retrySchema.prefault({}),
  deadline: deadline.prefault('5m'),
  circuitBreaker: circuitBreakerSchema.optional(),
  loadBalancer: loadBalancerSchema.optional(),
  alerts: alertsSchema.optional(),
};

/** A profile names only what it changes. */
export const profileSchema = z.strictObject({
  retry: z.strictObject(retryFields).partial().optional(),
  deadline: deadline.optional(),
  circuitBreaker: z.strictObject(breakerFields).partial().optional(),
  loadBalancer: loadBalancerSchema.partial().optional(),
  alerts: alertsSchema.optional(),
});
