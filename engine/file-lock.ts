import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { errorCode } from './errors.js';

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once, when another process holds the lock. */
  onWait?: () => void;
  /** After this time without a sign of life from its holder a lock is free; at least 2000. */
  staleAfterMs?: number;
}

const retryMs = 200;

/**
 * Runs a task while holding a lock that all processes of this machine see. A holder that died is
 * overtaken once its lock is stale. Should two take over at the same moment, the one that lost has its
 * task's signal aborted and, once it has given up, waits its turn again.
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let waited = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const lost = new AbortController();
    let release: () => Promise<void>;
    try {
      release = await lockfile.lock(path, {
        realpath: false,
        lockfilePath: path,
        stale: options.staleAfterMs ?? 10_000,
        update: 1_000,
        onCompromised: () => lost.abort(),
      });
    } catch (error) {
      if (errorCode(error) !== 'ELOCKED') throw error;
      if (!waited) options.onWait?.();
      waited = true;
      await sleep(retryMs, undefined, { signal: options.signal });
      continue;
    }
    const signal = options.signal ? AbortSignal.any([options.signal, lost.signal]) : lost.signal;
    try {
      return await task(signal);
    } catch (error) {
      if (!lost.signal.aborted) throw error;
    } finally {
      // A lost lock cannot be released; that is no trouble.
      await release().catch(() => undefined);
    }
  }
}
