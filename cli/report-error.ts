import { CompletionFailedError, HoldfastError, type HoldfastErrorCode, type Trail } from '../client/index.js';
import { ConfigError } from '../config/load.js';
import { EngineError } from '../engine/index.js';
import { CommandError, interruptedAtStart } from './command-error.js';
import { asTyped } from './command-name.js';
import type { CommandContext } from './command-context.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

/** The JSON form of an error: the only thing on stdout when `--json` was asked for and there is no result. */
export interface ErrorAsJson {
  error: {
    code: string;
    kind?: string;
    message: string;
    id?: string;
    attempts?: Trail;
    retryAfterMs?: number;
  };
}

interface Told extends ErrorAsJson {
  exitCode: ExitCode;
  remedies: string[];
  /** False for what is our defect rather than anybody's mistake. */
  expected: boolean;
}

/** Tells an error to people on stderr, and as JSON on stdout where that was asked for; returns the exit code. */
export function reportError(
  error: unknown,
  { json }: { json: boolean },
  { env, out, err }: Pick<CommandContext, 'env' | 'out' | 'err'>,
): ExitCode {
  const { error: told, exitCode, remedies, expected } = tell(error);
  const fields = { ...told, message: asTyped(told.message, env) };
  const { colors } = err;
  err.line(`${colors.red(expected ? 'error:' : 'unexpected error:')} ${fields.message}`);
  for (const remedy of remedies) err.line(`  - ${asTyped(remedy, env)}`);
  if (env['HOLDFAST_DEBUG']) err.line(stackOf(error));
  else if (!expected) err.line('  - HOLDFAST_DEBUG=1 shows where it comes from.');
  if (json) out.line(JSON.stringify({ error: fields } satisfies ErrorAsJson));
  return exitCode;
}

function tell(error: unknown): Told {
  if (error instanceof CommandError) {
    const { code, message, id, exitCode, remedies } = error;
    return {
      error: { code, message, ...(id === undefined ? {} : { id }) },
      exitCode,
      remedies,
      expected: true,
    };
  }
  if (error instanceof CompletionFailedError) {
    const { code, kind, message, id, attempts, retryAfterMs } = error;
    return {
      error: { code, kind, message, id, attempts, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
      exitCode: exitCodes.completionFailed,
      remedies: [],
      expected: true,
    };
  }
  if (error instanceof HoldfastError) {
    const { code, message } = error;
    return { error: { code, message }, exitCode: exitCodeOf[code], remedies: [], expected: true };
  }
  if (error instanceof EngineError) {
    const { kind, message, remedies } = error;
    if (kind === 'cancelled') return tell(interruptedAtStart());
    return {
      error: { code: 'engine_unavailable', kind, message },
      exitCode: kind === 'configuration' ? exitCodes.invalid : exitCodes.engineUnavailable,
      remedies,
      expected: true,
    };
  }
  if (error instanceof ConfigError) {
    const { message } = error;
    return {
      error: { code: 'invalid_config', message },
      exitCode: exitCodes.invalid,
      remedies: [],
      expected: true,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    error: { code: 'unexpected', message },
    exitCode: exitCodes.completionFailed,
    remedies: [],
    expected: false,
  };
}

const exitCodeOf: Record<HoldfastErrorCode, ExitCode> = {
  invalid_request: exitCodes.invalid,
  invalid_options: exitCodes.invalid,
  engine_unavailable: exitCodes.engineUnavailable,
  engine_refused: exitCodes.engineUnavailable,
  client_closed: exitCodes.interrupted,
  completion_failed: exitCodes.completionFailed,
  completion_cancelled: exitCodes.cancelled,
  completion_not_found: exitCodes.invalid,
  id_used_for_another_request: exitCodes.invalid,
  no_worker: exitCodes.engineUnavailable,
};

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
