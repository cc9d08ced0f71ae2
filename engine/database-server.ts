import { realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.js';
import { EngineError } from './errors.js';
import { withLock } from './file-lock.js';
import { ensureFolder } from './folders.js';
import { locateCli } from './locate-cli.js';
import { startOwnServer } from './own-server.js';
import { prepareNamespace } from './prepare-namespace.js';
import { ownRecord } from './process-identity.js';
import { fateOf, joinServer } from './running-server.js';
import { adoptServer } from './server-process.js';
import type { StartSettings } from './start-settings.js';
import { readState, removeState, writeState, type EngineState } from './state.js';

/** A server that was left while it started, or that shares a busy machine, may take its time. */
const answersWithinMs = 15_000;

/**
 * The one server of a database file: joins it, adopts it when its Holdfast died, or starts it.
 * The lock makes two starts at once take turns, and the second finds what the first wrote down.
 * @throws EngineError
 */
export async function serveDatabase(requestedPath: string, settings: StartSettings): Promise<Engine> {
  await ensureFolder(dirname(requestedPath));
  const databasePath = await canonicalPath(requestedPath);
  return withLock(
    lockPath(databasePath),
    {
      signal: settings.signal,
      onWait: () => settings.onProgress('Another Holdfast is starting the Temporal server; waiting for it.'),
    },
    async (signal) => {
      const state = await readState(databasePath);
      const engine = state && (await takeUp(state, { ...settings, signal }));
      if (engine) {
        await prepareNamespace(
          engine.connection,
          settings.namespace,
          settings.searchAttributes,
          settings.onProgress,
        );
        return engine;
      }
      return startOn(databasePath, { ...settings, signal });
    },
  );
}

function lockPath(databasePath: string): string {
  return `${databasePath}.lock`;
}

/** Two names of one file must not get two servers. */
async function canonicalPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return join(await realpath(dirname(path)), basename(path));
  }
}

/** The server written down for a database, if it still runs; undefined when a new one may be started. */
async function takeUp(state: EngineState, settings: StartSettings): Promise<Engine | undefined> {
  const fate = await fateOf(state);
  if (fate === 'gone') return undefined;
  if (fate === 'owned') {
    const engine = settings.isolated ? undefined : await joinWithin(answersWithinMs, state, settings);
    if (engine) return engine;
    if ((await fateOf(state)) === 'gone') return undefined;
    throw new EngineError(
      'database',
      `The database ${state.databasePath} is in use: the Temporal server with pid ${state.server.pid} has it open` +
        (settings.isolated ? '.' : ', and does not answer.'),
      [
        `Stop the Holdfast that owns it (pid ${state.owner.pid}), or end the server: kill ${state.server.pid}`,
        'Or use another database file.',
      ],
    );
  }
  const server = adoptServer(state.server, state.logPath);
  const engine = await joinWithin(answersWithinMs, state, settings);
  if (!engine) {
    settings.onProgress(
      `Ending a Temporal server of an earlier Holdfast (pid ${state.server.pid}) that does not answer.`,
    );
    await server.stop();
    return undefined;
  }
  settings.onProgress(
    `Taking over the Temporal server (pid ${state.server.pid}) of a Holdfast that ended without stopping it.`,
  );
  await writeState({ ...state, owner: await ownRecord() });
  return {
    ...engine,
    startedHere: true,
    exited: server.exited,
    stop: () => stopAndForget(server, state.databasePath),
  };
}

async function joinWithin(
  limitMs: number,
  state: EngineState,
  settings: StartSettings,
): Promise<Engine | undefined> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const engine = await joinServer(state, settings.namespace);
    if (engine || Date.now() > deadline || (await fateOf(state)) === 'gone') return engine;
    await sleep(100, undefined, { signal: settings.signal });
  }
}

async function startOn(databasePath: string, settings: StartSettings): Promise<Engine> {
  const { onProgress, namespace, searchAttributes, signal } = settings;
  const cli = await locateCli({ ...settings, cacheFolder: settings.folders.cache });
  const isNew = await stat(databasePath).then(
    () => false,
    () => true,
  );
  const logPath = `${databasePath}.server.log`;
  onProgress(`Starting the Temporal server (CLI ${cli.version}, database ${databasePath}).`);
  let ready = false;
  try {
    const server = await startOwnServer({
      cli: cli.path,
      env: settings.env,
      folder: dirname(databasePath),
      logPath,
      databasePath,
      namespace,
      searchAttributes,
      ports: settings.isolated ? undefined : settings.dependencies.ports,
      detached: !settings.isolated,
      onProgress,
      signal,
      // Written down before it answers, so that it is found again should this process die now.
      onSpawn: async (process, ports) =>
        writeState({
          server: process.record,
          owner: await ownRecord(),
          address: `127.0.0.1:${ports.grpc}`,
          uiUrl: `http://127.0.0.1:${ports.ui}`,
          databasePath,
          logPath,
        }),
    });
    ready = true;
    const { address, uiUrl, process } = server;
    const stop = (): Promise<void> => stopAndForget(process, databasePath);
    const engine: Engine = {
      source: cli.source,
      address,
      namespace,
      uiUrl,
      startedHere: true,
      connection: { address },
      pid: process.record.pid,
      databasePath,
      logPath,
      exited: process.exited,
      stop,
    };
    try {
      await prepareNamespace(engine.connection, namespace, searchAttributes, onProgress);
    } catch (error) {
      await stop();
      throw error;
    }
    return engine;
  } catch (error) {
    // A server that ended while it made its tables leaves a file that no server can open.
    const lockLost = signal?.aborted === true && settings.signal?.aborted !== true;
    if (isNew && !ready && !lockLost) await removeDatabase(databasePath);
    throw error;
  }
}

async function removeDatabase(databasePath: string): Promise<void> {
  for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(databasePath + suffix, { force: true });
}

async function stopAndForget(
  server: { record: { pid: number }; stop: () => Promise<void> },
  databasePath: string,
): Promise<void> {
  const end = async (): Promise<void> => {
    await server.stop();
    await removeState(databasePath, server.record.pid);
  };
  // Under the lock, so that a start in the same moment does not join a server that is about to end.
  // Without a lock to be had (its folder is gone, say) the server is ended all the same.
  await withLock(lockPath(databasePath), {}, end).catch(end);
}
