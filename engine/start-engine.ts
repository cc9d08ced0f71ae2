import { resolve } from 'node:path';
import { readConfiguration, useConfiguredServer } from './configured-server.js';
import { serveDatabase } from './database-server.js';
import { realDependencies, type EngineDependencies } from './dependencies.js';
import type { Engine, EngineOptions } from './engine.js';
import { EngineError } from './errors.js';
import { defaultDatabasePath, engineFolders } from './folders.js';
import { prepareNamespace } from './prepare-namespace.js';
import { fateOf, findServerAtPort } from './running-server.js';
import type { StartSettings } from './start-settings.js';
import { readState } from './state.js';
import { startThrowawayServer } from './throwaway-server.js';

/**
 * Finds a Temporal server, or gets and starts one, and resolves when it answers. The order is told in docs/engine.md.
 * @param dependencies for tests: what the engine needs from outside
 * @throws EngineError with what happened and what to do next
 */
export async function startEngine(
  options: EngineOptions = {},
  dependencies: EngineDependencies = realDependencies(),
): Promise<Engine> {
  try {
    options.signal?.throwIfAborted();
    return await start(options, dependencies);
  } catch (error) {
    // Whatever it failed with: Ctrl-C also ends what was run for it, which then looks like trouble.
    if (options.signal?.aborted) {
      throw new EngineError('cancelled', 'The start of the Temporal server was cancelled.', [], {
        cause: error,
      });
    }
    throw error;
  }
}

async function start(options: EngineOptions, dependencies: EngineDependencies): Promise<Engine> {
  const env = options.env ?? process.env;
  const isolated = options.isolated ?? false;
  const configuration = isolated ? undefined : readConfiguration(env);
  const namespace = options.namespace ?? configuration?.namespace ?? 'default';
  if (configuration?.connection) {
    return useConfiguredServer(configuration.connection, configuration.origin, namespace, env);
  }

  const onProgress = options.onProgress ?? (() => undefined);
  if (!isolated && env['TEMPORAL_API_KEY']) {
    onProgress('TEMPORAL_API_KEY is set but no TEMPORAL_ADDRESS: using a server on this machine.');
  }

  const settings: StartSettings = {
    env,
    folders: engineFolders(env),
    namespace,
    searchAttributes: options.searchAttributes ?? {},
    isolated,
    onProgress,
    signal: options.signal,
    dependencies,
  };
  const database = options.database ?? { kind: 'file' };
  if (database.kind === 'memory') return startThrowawayServer('memory', settings);
  if (database.path !== undefined) return serveDatabase(resolve(database.path), settings);
  if (isolated) return startThrowawayServer('file', settings);
  return (
    (await useServerOfThisMachine(settings)) ?? serveDatabase(defaultDatabasePath(settings.folders), settings)
  );
}

/**
 * A server on Temporal's usual port, unless it may be the one that is written down for the default database:
 * about that one more is known than that it answers. Ours are written down before they answer, so the record
 * is read last.
 */
async function useServerOfThisMachine(settings: StartSettings): Promise<Engine | undefined> {
  const engine = await findServerAtPort(settings.dependencies.ports.grpc, settings.namespace);
  const state = await readState(defaultDatabasePath(settings.folders));
  if (!engine || (state && (await fateOf(state)) !== 'gone')) return undefined;
  settings.onProgress(`Using the Temporal server that runs at ${engine.address}, as it is tuned.`);
  await prepareNamespace(
    engine.connection,
    settings.namespace,
    settings.searchAttributes,
    settings.onProgress,
  );
  return engine;
}
