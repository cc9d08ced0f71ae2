import type { Logger } from 'pino';
import type { InterruptOptions, Interrupts } from './interrupts.js';
import type { Output } from './terminal.js';

/** What a command needs from outside; tests pass their own. */
export interface CommandContext {
  env: NodeJS.ProcessEnv;
  /** What was asked for. */
  out: Output;
  /** Everything that is told on the way. */
  err: Output;
  stdin: AsyncIterable<Buffer | string>;
  /** Starts listening for Ctrl-C; commands that do not call it end at once. */
  listenForInterrupts: (options?: InterruptOptions) => Interrupts;
  /** Gives Temporal's own log lines to a logger; once in a process, before any worker. */
  installLogger: (logger: Logger) => void;
}
