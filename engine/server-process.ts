import { spawn } from 'node:child_process';
import { open, readFile, rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineExit } from './engine.js';
import { EngineError, errorCode } from './errors.js';
import { isAlive, processIdentity, type ProcessRecord } from './process-identity.js';
import { lastLines } from './run-command.js';

/** A server process that we may end, whether we or an earlier Holdfast started it. */
export interface ServerProcess {
  record: ProcessRecord;
  logPath: string;
  exited: Promise<EngineExit>;
  /** SIGTERM, then SIGKILL when it takes too long; resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface SpawnOptions {
  cli: string;
  args: string[];
  folder: string;
  env: NodeJS.ProcessEnv;
  logPath: string;
  /** Own process group: Ctrl-C in the terminal reaches Holdfast alone, and its workers can drain first. */
  detached: boolean;
}

/** A healthy server needs about a second. */
const termLimitMs = 10_000;
const watchEveryMs = 500;

/**
 * Starts a server; it survives this process unless stopped. Its output goes to the log, the log before is kept as `.previous`.
 * @throws EngineError `start-failed` when the binary cannot be run
 */
export async function spawnServer(options: SpawnOptions): Promise<ServerProcess> {
  await rename(options.logPath, `${options.logPath}.previous`).catch(() => undefined);
  const log = await open(options.logPath, 'w', 0o600);
  try {
    const child = spawn(options.cli, options.args, {
      cwd: options.folder,
      env: options.env,
      detached: options.detached,
      stdio: ['ignore', log.fd, log.fd],
    });
    const failure = new Promise<Error>((resolve) => child.once('error', resolve));
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(signal ? `ended by ${signal}` : `ended with code ${code ?? 'unknown'}`);
      });
    });
    const pid = child.pid;
    if (pid === undefined) {
      throw new EngineError('start-failed', `${options.cli} cannot be run: ${(await failure).message}`, [
        'Check that the file is a program for this machine.',
      ]);
    }
    child.unref();
    const record = { pid, identity: (await processIdentity(pid)) ?? 'ended' };
    return controlProcess(record, options.logPath, ended);
  } finally {
    await log.close();
  }
}

/** Takes over a server that another process started. */
export function adoptServer(record: ProcessRecord, logPath: string): ServerProcess {
  return controlProcess(record, logPath, untilGone(record));
}

/** Resolves when a process that is not our child is gone, without keeping this process alive. */
export async function untilGone(record: ProcessRecord): Promise<string> {
  while (await isAlive(record)) await sleep(watchEveryMs, undefined, { ref: false });
  return 'ended';
}

function controlProcess(record: ProcessRecord, logPath: string, ended: Promise<string>): ServerProcess {
  let stopping: Promise<void> | undefined;
  const exited = ended.then(async (how) => {
    if (stopping)
      return { expected: true, description: `The Temporal server (pid ${record.pid}) was stopped.` };
    const words = await lastWords(logPath);
    return {
      expected: false,
      description: `The Temporal server (pid ${record.pid}) ${how}${words === '' ? '' : `; its last words:\n${words}`}`,
    };
  });
  const end = async (): Promise<void> => {
    await sendSignal(record, 'SIGTERM');
    if (await goneWithin(record, termLimitMs)) return;
    await sendSignal(record, 'SIGKILL');
    await goneWithin(record, termLimitMs);
  };
  return { record, logPath, exited, stop: () => (stopping ??= end()) };
}

async function goneWithin(record: ProcessRecord, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (await isAlive(record)) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

async function sendSignal(record: ProcessRecord, signal: NodeJS.Signals): Promise<void> {
  if (await isAlive(record)) signalServer(record.pid, signal);
}

/** To the whole group where there is one: a `temporal` on PATH may be a script that runs the real one. */
export function signalServer(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  }
}

/** The addresses that a healthy server prints at its start. */
const startupTable = /^Temporal (?:CLI|Server|Persistence|UI|Metrics)\b.*\n+/gm;

/** The end of a server's log, without the stack traces that a panic leaves there; empty when there is none. */
export async function lastWords(logPath: string): Promise<string> {
  try {
    const [words = ''] = (await readFile(logPath, 'utf8')).split(/^(?:\[signal .*\s+)?goroutine \d+/m);
    return lastLines(words.replace(startupTable, ''), 6);
  } catch {
    return '';
  }
}
