import { z } from 'zod';
import { parseKeyReference } from '../contracts/key-reference.js';
import { parseDuration } from './duration.js';

/** A span of time: milliseconds, or words such as `500ms`, `30s`, `5m`. Becomes milliseconds. */
const duration = z.union([z.number(), z.string()]).transform((value, context): number => {
  const duration = parseDuration(value);
  if (duration.ok) return duration.ms;
  context.addIssue({ code: 'custom', message: duration.reason });
  return z.NEVER;
});

const keyReference = z.string().superRefine((text, context) => {
  const parsed = parseKeyReference(text);
  if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.reason });
});

const providerSchema = z.strictObject({
  kind: z.enum(['openai', 'anthropic']),
  /** Absent: the vendor's own endpoint. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Tried in order; empty for an endpoint that needs none. */
  keys: z.array(keyReference).default([]),
});

const modelSchema = z.strictObject({
  provider: z.string(),
  /** The vendor's name for it, where it differs from ours. */
  upstreamModel: z.string().min(1).optional(),
  contextWindow: z.int().positive().optional(),
  /** US dollars per million tokens. */
  price: z
    .strictObject({
      input: z.number().nonnegative(),
      output: z.number().nonnegative(),
      cachedInput: z.number().nonnegative().optional(),
    })
    .optional(),
});

const chain = z.array(z.string()).min(1);

const retrySchema = z
  .strictObject({
    maxAttempts: z.int().min(1).max(20).default(3),
    baseDelay: duration.default(1_000),
    maxDelay: duration.default(60_000),
    attemptTimeout: duration.default(30_000),
    maxWaitBeforeFallback: duration.default(5_000),
    heartbeatTimeout: duration.default(10_000),
    heartbeatInterval: duration.default(5_000),
  })
  .refine(({ heartbeatInterval, heartbeatTimeout }) => heartbeatInterval * 2 <= heartbeatTimeout, {
    path: ['heartbeatInterval'],
    message:
      'heartbeatInterval must be at most half of heartbeatTimeout, or one late heartbeat makes a worker count as lost',
  })
  .prefault({});

/** The one schema of the config file; types are inferred from it. */
export const configSchema = z
  .strictObject({
    providers: z.record(z.string(), providerSchema),
    models: z.record(z.string(), modelSchema),
    chains: z.record(z.string(), chain),
    strategies: z.record(z.string(), chain).default({}),
    retry: retrySchema,
    /** Time for a whole completion when the request sets none. */
    deadline: duration.default(300_000),
  })
  .superRefine(({ providers, models, chains, strategies }, context) => {
    for (const [name, { provider }] of Object.entries(models)) {
      if (!Object.hasOwn(providers, provider)) {
        context.addIssue({
          code: 'custom',
          path: ['models', name, 'provider'],
          message: `no provider is named "${provider}"`,
        });
      }
    }
    for (const [section, lists] of [
      ['chains', chains],
      ['strategies', strategies],
    ] as const) {
      for (const [name, list] of Object.entries(lists)) {
        for (const model of list) {
          if (!Object.hasOwn(models, model)) {
            context.addIssue({
              code: 'custom',
              path: [section, name],
              message: `no model is named "${model}"`,
            });
          }
        }
      }
    }
    if (!Object.hasOwn(chains, 'default')) {
      context.addIssue({ code: 'custom', path: ['chains'], message: 'a chain named "default" is needed' });
    }
  });

export type Config = z.infer<typeof configSchema>;
export type ModelConfig = Config['models'][string];
