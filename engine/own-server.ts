import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from './errors.js';
import { choosePorts, type Ports } from './ports.js';
import { serverArguments } from './server-flags.js';
import { lastWords, spawnServer, type ServerProcess } from './server-process.js';
import { probeTemporal } from './temporal-probe.js';

export interface OwnServerOptions {
  cli: string;
  env: NodeJS.ProcessEnv;
  /** Working folder of the server; its database, if any, is in it. */
  folder: string;
  logPath: string;
  databasePath: string | undefined;
  namespace: string;
  searchAttributes: Record<string, string>;
  /** undefined: any free ports */
  ports: Ports | undefined;
  detached: boolean;
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
  /** Called as soon as the process exists, before it answers. */
  onSpawn?: (server: ServerProcess, ports: Ports) => Promise<void>;
}

export interface OwnServer {
  process: ServerProcess;
  address: string;
  uiUrl: string;
}

const readyTimeoutMs = 60_000;
const readyProbeMs = 2_000;
const readyPollMs = 50;
const portAttempts = 3;
/** A release that words its announcement differently is believed after this time. */
const announceTimeoutMs = 2_000;

/**
 * Starts a tuned development server and resolves when it answers.
 * @throws EngineError `start-failed` or `database`, quoting the server's last words
 */
export async function startOwnServer(options: OwnServerOptions): Promise<OwnServer> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts(attempt === 1 ? options.ports : undefined, options.onProgress);
    const process = await spawnServer({
      cli: options.cli,
      args: serverArguments({
        ...options,
        ports,
        // A name without folders: SQLite would read "?", "#" and "%" in them as parts of a URI.
        databaseFile: options.databasePath === undefined ? undefined : basename(options.databasePath),
      }),
      folder: options.folder,
      env: withoutTemporalSettings(options.env),
      logPath: options.logPath,
      detached: options.detached,
    });
    const address = `127.0.0.1:${ports.grpc}`;
    try {
      await options.onSpawn?.(process, ports);
      await untilReady(process, address, options.databasePath, options.signal);
      return { process, address, uiUrl: `http://127.0.0.1:${ports.ui}` };
    } catch (error) {
      await process.stop();
      const portTaken = /address already in use/.test(await lastWords(options.logPath));
      if (!portTaken || attempt === portAttempts || options.signal?.aborted) throw error;
      options.onProgress('Another program took a port in the same moment; trying others.');
    }
  }
}

/** The user's client settings, such as TEMPORAL_ENV or a broken profile, are not for the server. */
function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function untilReady(
  server: ServerProcess,
  address: string,
  databasePath: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  let answeredAt: number | undefined;
  let ended = false;
  void server.exited.then(() => (ended = true));
  const hasEnded = (): boolean => ended;
  while (!hasEnded()) {
    signal?.throwIfAborted();
    const probe = await probeTemporal({ address }, readyProbeMs);
    if (hasEnded()) break;
    if (probe.answers) {
      answeredAt ??= Date.now();
      // Two servers may have been started on one port at once; ours may be the one that is about to end.
      if ((await announces(server.logPath)) || Date.now() - answeredAt > announceTimeoutMs) return;
    } else if (Date.now() > deadline) {
      throw new EngineError(
        'start-failed',
        `The Temporal server (pid ${server.record.pid}) did not answer within ${readyTimeoutMs / 1000} s: ${probe.reason}`,
        [`Its log is ${server.logPath}.`],
      );
    }
    await Promise.race([sleep(readyPollMs), server.exited]);
  }
  throw endedAtStart(await lastWords(server.logPath), server, databasePath);
}

/** Whether the server has printed the table of its addresses, which it does once it has its ports. */
async function announces(logPath: string): Promise<boolean> {
  return /^(?:Temporal )?Server:\s+\S+:\d+/m.test(await readFile(logPath, 'utf8'));
}

const databaseTrouble =
  /file is not a database|no such (?:table|column)|unable to open database|readonly database|disk image is malformed|disk I\/O error|database or disk is full|database file|setting up schema/i;

function endedAtStart(words: string, server: ServerProcess, databasePath: string | undefined): EngineError {
  if (databasePath !== undefined && /database is locked/i.test(words)) {
    return new EngineError(
      'database',
      `The database ${databasePath} is in use by another program:\n${words}`,
      [
        `End the program that has it open, as a rule another Temporal server: lsof '${databasePath}' names it.`,
        'Or use another database file: holdfast up --database <file>',
      ],
    );
  }
  if (databasePath !== undefined && databaseTrouble.test(words)) {
    return new EngineError(
      'database',
      `The Temporal server cannot open its database ${databasePath}:\n${words}`,
      [
        `If it may be lost, move it away and start again: mv '${databasePath}' '${databasePath}.broken'`,
        'Otherwise check that it is a Temporal database, that it can be written, and that the disk is not full.',
      ],
    );
  }
  return new EngineError(
    'start-failed',
    `The Temporal server ended while it was starting${words === '' ? '.' : `:\n${words}`}`,
    [`Its log is ${server.logPath}.`],
  );
}
