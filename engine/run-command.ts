import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  /** Both streams are appended to this file while the program runs. */
  logPath?: string;
}

export interface CommandResult {
  ok: boolean;
  /** Both streams, at most the last 64 KB; or why the command could not run. */
  output: string;
}

/** Runs a program to its end and never rejects: a program that is missing, fails or takes too long is not ok. */
export type RunCommand = (
  program: string,
  args: string[],
  options?: CommandOptions,
) => Promise<CommandResult>;

const keptOutput = 64 * 1024;

export const runCommand: RunCommand = (program, args, options = {}) =>
  new Promise((resolve) => {
    const { signal, timeoutMs, logPath, ...spawnOptions } = options;
    let output = '';
    let ended = false;
    const child = spawn(program, args, {
      ...spawnOptions,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' }),
    });
    const log = logPath === undefined ? undefined : createWriteStream(logPath, { flags: 'a', mode: 0o600 });
    // A log that cannot be written is no reason to end the program.
    log?.on('error', () => undefined);
    const keep = (chunk: Buffer): void => {
      log?.write(chunk);
      output = (output + chunk.toString()).slice(-keptOutput);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const finish = (ok: boolean, reason: string): void => {
      if (ended) return;
      ended = true;
      const result = { ok, output: output.trim() || reason };
      // Also called when the log failed.
      if (log) log.end(() => resolve(result));
      else resolve(result);
    };
    child.once('error', (error) => {
      finish(false, error.message);
    });
    child.once('close', (code, killedBy) => {
      finish(code === 0, killedBy ? `ended by ${killedBy}` : `ended with code ${code ?? 'unknown'}`);
    });
  });

/** The last lines of a text, for quoting in an error. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
