import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseChoice, Engine } from './engine.js';
import { locateCli } from './locate-cli.js';
import { startOwnServer } from './own-server.js';
import { prepareNamespace } from './prepare-namespace.js';
import type { StartSettings } from './start-settings.js';

/** A server that leaves nothing behind: its database is memory, or a file in a temporary folder. */
export async function startThrowawayServer(
  kind: DatabaseChoice['kind'],
  settings: StartSettings,
): Promise<Engine> {
  const { isolated, namespace, searchAttributes, onProgress } = settings;
  const cli = await locateCli({ ...settings, cacheFolder: settings.folders.cache });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-engine-'));
  const databasePath = kind === 'file' ? join(folder, 'temporal.db') : undefined;
  const logPath = join(folder, 'server.log');
  onProgress(`Starting a Temporal server (CLI ${cli.version}) that keeps nothing.`);
  let pid: number | undefined;
  // Nobody could find this server again, so it must not outlive the process.
  const endWithProcess = (): void => {
    if (pid === undefined) return;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // gone already
    }
  };
  process.once('exit', endWithProcess);
  const cleanUp = async (): Promise<void> => {
    process.removeListener('exit', endWithProcess);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const server = await startOwnServer({
      cli: cli.path,
      env: settings.env,
      folder,
      logPath,
      databasePath,
      namespace,
      searchAttributes,
      ports: isolated ? undefined : settings.dependencies.ports,
      // In the process group of a test run, so that Ctrl-C ends it even when the runner is killed hard.
      detached: !isolated,
      onProgress,
      signal: settings.signal,
      onSpawn: (spawned) => {
        pid = spawned.record.pid;
        return Promise.resolve();
      },
    });
    const stop = async (): Promise<void> => {
      await server.process.stop();
      await cleanUp();
    };
    try {
      await prepareNamespace({ address: server.address }, namespace, searchAttributes, onProgress);
    } catch (error) {
      await server.process.stop();
      throw error;
    }
    return {
      source: cli.source,
      address: server.address,
      namespace,
      uiUrl: server.uiUrl,
      startedHere: true,
      connection: { address: server.address },
      pid: server.process.record.pid,
      ...(databasePath === undefined ? {} : { databasePath }),
      logPath,
      exited: server.process.exited,
      stop,
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}
