import type { Attempt } from '../contracts/attempt.js';
import type { Candidate } from '../contracts/route.js';
import type { ModelAttempt } from './model-attempt.js';
import type { ActivityDependencies } from './dependencies.js';

/** Provider calls end in values, so an exception is a fault of ours. Its message may quote the request and goes nowhere. */
export function faultOfOurs(
  error: unknown,
  { model, provider }: Candidate,
  startedAt: number,
  { now, logger }: Pick<ActivityDependencies, 'now' | 'logger'>,
): ModelAttempt {
  const name = error instanceof Error ? error.name : typeof error;
  const frames = error instanceof Error ? framesOf(error) : [];
  logger.error({ model, error: name, frames }, 'a fault in Holdfast ended a call');
  const failure = {
    kind: 'internal_error',
    message: `Holdfast failed with ${name}; the log of the worker says where`,
  } as const;
  const attempt: Attempt = {
    model,
    provider,
    outcome: failure.kind,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.max(0, now() - startedAt),
    message: failure.message,
  };
  return { attempts: [attempt], result: { ok: false, failure } };
}

/** The stack without the message, which may have lines that look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const frames = stack.slice(stack.indexOf(message) + message.length).split('\n');
  return frames.filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
}
