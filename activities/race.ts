import type { Candidate } from '../contracts/route.js';
import type { ModelAttempt } from './model-attempt.js';

/** A model that takes part in a race of calls. */
export interface Contender {
  candidate: Candidate;
  /** Milliseconds after which it joins, if nothing is decided by then; 0: at once. */
  afterMs: number;
  /** Asked at that moment; absent: it may. */
  mayJoin?: () => boolean;
}

/** Runs one contender. `claim` is called at its first token: true when it is the one whose answer counts. */
export type RunContender = (
  candidate: Candidate,
  signal: AbortSignal,
  claim: () => boolean,
) => Promise<ModelAttempt>;

export interface RaceEnding {
  /** Of those that were called, in the order of the contenders. */
  endings: { candidate: Candidate; made: ModelAttempt }[];
  winner?: Candidate;
}

/**
 * Calls several models at a time in this process: the first success wins, or the first token where answers are streamed,
 * and the calls of all others are aborted at that moment. One that joins later does so only while nothing is decided,
 * neither by a token nor by the failure of those before it.
 */
export async function race(
  contenders: readonly Contender[],
  run: RunContender,
  signal: AbortSignal,
): Promise<RaceEnding> {
  const decided = new AbortController();
  const lanes = contenders.map((contender) => ({ ...contender, abort: new AbortController() }));
  let winner: (typeof lanes)[number] | undefined;
  let running = 0;

  const claim = (lane: (typeof lanes)[number]): boolean => {
    winner ??= lane;
    if (winner !== lane) return false;
    decided.abort();
    for (const other of lanes) if (other !== lane) other.abort.abort();
    return true;
  };
  const abortAll = (): void => {
    decided.abort();
    for (const { abort } of lanes) abort.abort();
  };
  signal.addEventListener('abort', abortAll, { once: true });
  if (signal.aborted) abortAll();

  const drive = async (lane: (typeof lanes)[number]): Promise<RaceEnding['endings']> => {
    const { candidate, afterMs, mayJoin, abort } = lane;
    if (afterMs > 0) {
      const joins = await elapsed(afterMs, decided.signal);
      if (!joins || mayJoin?.() === false) return [];
    }
    running += 1;
    const made = await run(candidate, abort.signal, () => claim(lane));
    running -= 1;
    if (made.result.ok) claim(lane);
    // Who has not joined yet would be too late: what comes next is the walk's to decide.
    else if (running === 0) decided.abort();
    return [{ candidate, made }];
  };

  try {
    const endings = await Promise.all(lanes.map(drive));
    return { endings: endings.flat(), ...(winner === undefined ? {} : { winner: winner.candidate }) };
  } finally {
    signal.removeEventListener('abort', abortAll);
  }
}

/** Resolves to true when the time has passed, to false when the signal came first. */
function elapsed(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (passed: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cut);
      resolve(passed);
    };
    const cut = (): void => settle(false);
    const timer = setTimeout(() => settle(true), ms);
    signal.addEventListener('abort', cut, { once: true });
  });
}
