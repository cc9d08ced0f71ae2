/** What kind of trouble kept the engine from being ready. */
export type EngineErrorKind =
  /** a setting names something that does not exist or cannot be read */
  | 'configuration'
  /** the configured server does not answer */
  | 'unreachable'
  /** the server answers but does not let us in */
  | 'refused'
  /** the server does not know the namespace */
  | 'namespace'
  /** no Temporal binary could be found, downloaded or built */
  | 'no-server'
  /** the server ended, or did not answer in time, while starting */
  | 'start-failed'
  /** the database file cannot be opened, or another server holds it */
  | 'database'
  /** a folder for data or cache cannot be written */
  | 'folder'
  /** the caller's signal was aborted */
  | 'cancelled';

/** Trouble with the Temporal server, told for people: what happened, to what, and what to do next. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  /** @param remedies what the user can do, most promising first; each a sentence or a command */
  constructor(
    readonly kind: EngineErrorKind,
    message: string,
    readonly remedies: string[],
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** The message followed by one line for each remedy. */
  override toString(): string {
    return [this.message, ...this.remedies.map((remedy) => `  - ${remedy}`)].join('\n');
  }
}

/** The message of anything that was thrown, in one line where it has one. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's code of a failed call, such as ENOENT, or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
