import type { Attempt, Trail } from '../contracts/attempt.js';
import { workflowOf } from './completion-run.js';
import type { EngineConnection } from './engine-connection.js';
import { EngineUnavailableError, NoWorkerError } from './errors.js';
import { historyTrail, queryTrail, withPending, type TrailSource } from './trail.js';

/** Told of attempts. What it throws or rejects with is warned about, and fails nothing. */
export type AttemptListener = (attempt: Attempt) => void | Promise<void>;

/** How often Temporal is asked for news, in milliseconds: at first and after each change, and when nothing happens. */
const shortestPauseMs = 200;
const longestPauseMs = 1_000;

/** Tells each attempt of a growing trail once. Returns whether there was a new one. */
export function tellOnce(onAttempt: AttemptListener): (trail: Trail) => boolean {
  let told = 0;
  return (trail) => {
    const news = trail.slice(told);
    told += news.length;
    for (const attempt of news) void tellOne(onAttempt, attempt);
    return news.length > 0;
  };
}

async function tellOne(onAttempt: AttemptListener, attempt: Attempt): Promise<void> {
  try {
    await onAttempt(attempt);
  } catch (error) {
    process.emitWarning(`onAttempt failed: ${String(error)}`, 'HoldfastWarning');
  }
}

/**
 * Tells of the attempts of a run until it ends or `signal` aborts; never rejects. A worker is asked only after the
 * history has grown: what a call in flight reports, Temporal says itself.
 */
export async function watchAttempts(
  engine: EngineConnection,
  source: TrailSource,
  tell: (trail: Trail) => boolean,
  signal: AbortSignal,
): Promise<void> {
  let known: Trail = [];
  let knownLength = 0;
  let pauseMs = shortestPauseMs;
  for (;;) {
    pauseMs = Math.min(pauseMs * 1.5, longestPauseMs);
    try {
      const description = await engine.call(
        (client) => workflowOf(client, source.id, source.runId).describe(),
        { signal },
      );
      // Its result has the whole trail.
      if (description.status.name !== 'RUNNING') return;
      if (description.historyLength !== knownLength) {
        known = await trailOfEnded(engine, source);
        if (signal.aborted) return;
        knownLength = description.historyLength;
        pauseMs = shortestPauseMs;
      }
      if (tell(withPending(known, description))) pauseMs = shortestPauseMs;
    } catch (error) {
      // What cannot be read now is told later.
      if (!(error instanceof EngineUnavailableError)) return;
    }
    try {
      await engine.pause(pauseMs, signal);
    } catch {
      return;
    }
  }
}

/** The attempts of every call that ended, as the workflow tells them; without a worker, as the history has them. */
async function trailOfEnded(engine: EngineConnection, source: TrailSource): Promise<Trail> {
  try {
    // Not cut short: the worker would complain of a query that is gone. Nobody waits for it.
    return await engine.call((client) => queryTrail(client, source));
  } catch (error) {
    if (!(error instanceof NoWorkerError)) throw error;
    return engine.call((client) => historyTrail(client, source));
  }
}
