import { z } from 'zod';
import { parseDuration } from '../duration.js';

/** A span of time: milliseconds, or words such as `500ms`, `30s`, `5m`. Becomes milliseconds. */
export function duration(meaning: string) {
  return z
    .union([z.number(), z.string()], { error: 'write a duration: "500ms", "30s", "5m", or milliseconds' })
    .meta({ description: meaning, title: 'duration' })
    .transform((value, context): number => {
      const parsed = parseDuration(value);
      if (parsed.ok) return parsed.ms;
      context.addIssue({ code: 'custom', message: parsed.reason });
      return z.NEVER;
    });
}

const keyPattern = /^(env|file):.+/;

/** `env:NAME` or `file:PATH`. */
export const keyReference = z.string().regex(keyPattern, {
  // The value is not repeated: it may be a key that was pasted here by mistake.
  message: 'a key is given by reference, env:NAME or file:PATH, never as itself',
});

export const tokens = z.int().positive();
