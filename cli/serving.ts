import { setTimeout as sleep } from 'node:timers/promises';
import { durationInWords } from '../policy/words.js';
import { watchServer, type Engine } from '../engine/index.js';
import { CommandError } from './command-error.js';
import { exitCodes } from './exit-codes.js';
import { untilAborted, type Interrupts } from './interrupts.js';
import type { RunningWorker } from './start-worker.js';

/** A worker whose server is gone has nobody to tell its results to. */
const orphanedDrainMs = 3_000;

/** Why serving ends. */
export type Ending =
  | { why: 'interrupted' }
  | { why: 'engine_ended'; description: string }
  | { why: 'worker_ended'; description: string };

/** What keeps completions going until something ends it. */
export interface Serving {
  engine: Engine;
  worker: RunningWorker;
  interrupts: Interrupts;
}

/** Resolves with whatever ends it first; never on its own. */
export function untilEnding({ engine, worker, interrupts }: Serving): Promise<Ending> {
  return Promise.race([
    untilAborted(interrupts.signal).then((): Ending => ({ why: 'interrupted' })),
    engine.exited.then(({ description }): Ending => ({ why: 'engine_ended', description })),
    worker.ended.then(
      (): Ending => ({ why: 'worker_ended', description: 'The worker ended by itself.' }),
      (error: unknown): Ending => ({
        why: 'worker_ended',
        description: `The worker failed: ${String(error)}`,
      }),
    ),
  ]);
}

/** What is known of the server while serving. */
export interface ServerWatcher {
  /** It does not answer at the moment. */
  lost(): boolean;
  stop(): void;
}

/** Tells in a line when the server stops answering, and in another when it is back. */
export function watchEngine({ address, connection }: Engine, tell: (line: string) => void): ServerWatcher {
  const ending = new AbortController();
  let lost = false;
  void watchServer(connection, {
    signal: ending.signal,
    onLost: (reason) => {
      lost = true;
      tell(
        `Lost the connection to Temporal at ${address} (${reason}). Trying again until it is back; completions then go on from where they were recorded.`,
      );
    },
    onBack: (lostMs) => {
      lost = false;
      tell(`Temporal at ${address} answers again, after ${durationInWords(lostMs)}.`);
    },
  });
  return { lost: () => lost, stop: () => ending.abort() };
}

/** How the server was come by: a worker that joined whatever answered must not look like one that was told where to go. */
export function originOf({ source }: Engine): string {
  return source === 'configured' ? 'configured' : 'found running, not configured';
}

/** The error for an ending that nobody wanted. */
export function endingError(ending: Ending, { logPath, startedHere }: Engine): CommandError {
  switch (ending.why) {
    case 'interrupted':
      return new CommandError(
        'interrupted',
        exitCodes.interrupted,
        'Interrupted before there was an answer.',
      );
    case 'engine_ended':
      return new CommandError(
        'engine_unavailable',
        exitCodes.engineUnavailable,
        startedHere
          ? `The Temporal server that this command ran is gone. ${ending.description}`
          : ending.description,
        [
          'Start again: completions that were running go on from where they were recorded.',
          ...(logPath === undefined ? [] : [`The server's log is ${logPath}.`]),
        ],
      );
    case 'worker_ended':
      return new CommandError('no_worker', exitCodes.engineUnavailable, ending.description, [
        'HOLDFAST_LOG_LEVEL=debug shows what the worker did.',
      ]);
  }
}

/** Lets running attempts end, says so if there are any, and ends the worker. */
export async function drain(
  worker: RunningWorker,
  ending: Ending | undefined,
  tell: (line: string) => void,
): Promise<void> {
  if (ending?.why === 'worker_ended' || ending?.why === 'engine_ended') {
    await Promise.race([worker.stop().catch(() => undefined), sleep(orphanedDrainMs)]);
    return;
  }
  const running = worker.inFlight();
  if (running > 0) {
    const attempts = `${running} running ${running === 1 ? 'attempt' : 'attempts'}`;
    tell(`Ending: waiting for ${attempts}. Ctrl-C again ends at once.`);
  } else if (ending !== undefined) tell('Ending.');
  await worker.stop();
}
