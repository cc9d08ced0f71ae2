import { exitCodes, type ExitCode } from './exit-codes.js';

/** Trouble that a command tells its user, with the exit code it ends with. The message says what happened, to what. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    /** For programs: the `code` of the JSON error. */
    readonly code: string,
    readonly exitCode: ExitCode,
    message: string,
    /** What to do next, most promising first. */
    readonly remedies: string[] = [],
    /** The completion that it is about. */
    readonly id?: string,
  ) {
    super(message);
  }
}

/** Wrong use: nothing was started. */
export function wrongUse(message: string, remedies: string[] = []): CommandError {
  return new CommandError('invalid_use', exitCodes.invalid, message, remedies);
}

/** Ctrl-C before there was a Temporal server to work with. */
export function interruptedAtStart(): CommandError {
  return new CommandError(
    'interrupted',
    exitCodes.interrupted,
    'Interrupted while Temporal was being started; nothing of it was left running.',
  );
}
