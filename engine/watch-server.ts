import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineConnection } from './engine.js';
import { probeTemporal } from './temporal-probe.js';

export interface ServerWatch {
  /** Ends the watch when aborted. */
  signal: AbortSignal;
  /** Told once when the server has stopped answering, with why. */
  onLost: (reason: string) => void;
  /** Told once when it answers again, with how long it did not, in milliseconds. */
  onBack: (lostMs: number) => void;
}

const askEveryMs = 3_000;
/** While something is wrong. */
const askAgainMs = 500;
const answerWithinMs = 5_000;
/** One unanswered question may be a busy moment. */
const failuresUntilLost = 2;

/** Asks a server every few seconds whether it answers, and tells when that changes. Does not keep the process alive. */
export async function watchServer(connection: EngineConnection, watch: ServerWatch): Promise<void> {
  let failures = 0;
  let failingSince = 0;
  while (await waited(failures === 0 ? askEveryMs : askAgainMs, watch.signal)) {
    const askedAt = Date.now();
    // On a connection of its own: a shared one may wait for minutes before it is tried again.
    const probe = await probeTemporal(connection, answerWithinMs);
    if (watch.signal.aborted) return;
    if (probe.answers) {
      if (failures >= failuresUntilLost) watch.onBack(Date.now() - failingSince);
      failures = 0;
    } else {
      if (failures === 0) failingSince = askedAt;
      failures += 1;
      if (failures === failuresUntilLost) watch.onLost(probe.reason);
    }
  }
}

/** false when the signal ended the waiting. */
async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, true, { signal, ref: false }).catch(() => false);
}
