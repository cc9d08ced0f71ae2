import { exitCodes } from './exit-codes.js';

/** Ctrl-C and its like, told to the command that is running. */
export interface Interrupts {
  /** Aborted by the first signal: end in good order. */
  readonly signal: AbortSignal;
  /** Done, without waiting, when a second signal ends the process at once. */
  beforeForcedEnd(lastAct: () => void): void;
}

/** The part of `process` that is needed here. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): unknown;
}

export interface InterruptOptions {
  /** False for a command that reads its config anew at SIGHUP, as services do; true: a closed terminal ends it. */
  hangUpEnds?: boolean;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Under npm one Ctrl-C arrives twice: from the terminal, and passed on by npm. Within this time they are one. */
const samePressMs = 300;

/** From now on the first signal aborts `signal`, and the second one exits with 130. */
export function listenForInterrupts(
  { hangUpEnds = true }: InterruptOptions = {},
  source: SignalSource = process,
  now: () => number = Date.now,
): Interrupts {
  const first = new AbortController();
  let firstAt: number | undefined;
  let lastAct: () => void = () => undefined;
  for (const signal of signals) {
    source.on(signal, () => {
      // Heard all the same: a process that does not listen is ended by it.
      if (signal === 'SIGHUP' && !hangUpEnds) return;
      if (firstAt === undefined) {
        firstAt = now();
        first.abort();
      } else if (now() - firstAt > samePressMs) {
        lastAct();
        source.exit(exitCodes.interrupted);
      }
    });
  }
  return {
    signal: first.signal,
    beforeForcedEnd: (act) => {
      lastAct = act;
    },
  };
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
