import { readConfiguration, useConfiguredServer } from './configured-server.js';
import { realDependencies, type EngineDependencies } from './dependencies.js';
import type { Engine, EngineOptions } from './engine.js';
import { EngineError } from './errors.js';
import { defaultDatabasePath, engineFolders } from './folders.js';
import { requireNamespace } from './namespaces.js';
import { fateOf, findServerAtPort, joinServer } from './running-server.js';
import { readState } from './state.js';

/**
 * The Temporal server that is configured, that another Holdfast runs, or that answers on the usual port. Starts and
 * creates nothing.
 * @param dependencies for tests: what the engine needs from outside
 * @throws EngineError `configuration`, `unreachable`, `refused` or `namespace`, with what to do
 */
export async function findEngine(
  { env = process.env, namespace: wanted }: Pick<EngineOptions, 'env' | 'namespace'> = {},
  { ports }: Pick<EngineDependencies, 'ports'> = realDependencies(),
): Promise<Engine> {
  const { connection, origin, namespace: configured } = readConfiguration(env);
  const namespace = wanted ?? configured ?? 'default';
  if (connection !== undefined) return useConfiguredServer(connection, origin, namespace, env);
  const engine = (await serverOfHoldfast(env, namespace)) ?? (await findServerAtPort(ports.grpc, namespace));
  if (engine === undefined) {
    throw new EngineError(
      'unreachable',
      `No Temporal server runs here: nothing answers as Temporal at 127.0.0.1:${ports.grpc}, and TEMPORAL_ADDRESS names none.`,
      ['Start one, with a worker: holdfast up', 'Or set TEMPORAL_ADDRESS to where yours runs.'],
    );
  }
  await requireNamespace(engine.connection, namespace, ['Or let Holdfast create it: holdfast up']);
  return engine;
}

/** The one that another `holdfast up` started, on whatever port it got. */
async function serverOfHoldfast(env: NodeJS.ProcessEnv, namespace: string): Promise<Engine | undefined> {
  const state = await readState(defaultDatabasePath(engineFolders(env)));
  if (state === undefined || (await fateOf(state)) === 'gone') return undefined;
  return joinServer(state, namespace);
}
