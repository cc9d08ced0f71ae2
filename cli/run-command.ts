import type { CommandContext } from './command-context.js';
import type { ExitCode } from './exit-codes.js';
import { reportError } from './report-error.js';

/** Runs the body of a command and sees to its ending: an error is told, the exit code is set. */
export type Act = (
  options: { json?: true },
  body: (context: CommandContext) => Promise<ExitCode>,
) => Promise<void>;

/** @param onEnd is given the exit code when the command has ended */
export function actIn(context: CommandContext, onEnd: (code: ExitCode) => void): Act {
  return async ({ json = false }, body) => {
    try {
      onEnd(await body(context));
    } catch (error) {
      onEnd(reportError(error, { json }, context));
    }
  };
}
