import { readConfiguration, useConfiguredServer } from '../engine/configured-server.js';
import { EngineError, type Engine } from '../engine/index.js';
import { defaultDatabasePath, engineFolders } from '../engine/folders.js';
import { standardPorts } from '../engine/ports.js';
import { fateOf, findServerAtPort, joinServer } from '../engine/running-server.js';
import { readState } from '../engine/state.js';

/**
 * The Temporal server that is configured, that `holdfast up` runs, or that answers on the usual port. Starts none.
 * @throws EngineError with what to do
 */
export async function findEngine(env: NodeJS.ProcessEnv): Promise<Engine> {
  const { connection, origin, namespace = 'default' } = readConfiguration(env);
  if (connection !== undefined) return useConfiguredServer(connection, origin, namespace, env);
  const engine =
    (await serverOfHoldfast(env, namespace)) ?? (await findServerAtPort(standardPorts.grpc, namespace));
  if (engine !== undefined) return engine;
  throw new EngineError(
    'unreachable',
    `No Temporal server runs here: nothing answers at 127.0.0.1:${standardPorts.grpc}, and TEMPORAL_ADDRESS names none.`,
    ['Start one, with a worker: holdfast up', 'Or set TEMPORAL_ADDRESS to where yours runs.'],
  );
}

/** The one that another `holdfast up` started, on whatever port it got. */
async function serverOfHoldfast(env: NodeJS.ProcessEnv, namespace: string): Promise<Engine | undefined> {
  const state = await readState(defaultDatabasePath(engineFolders(env)));
  if (state === undefined || (await fateOf(state)) === 'gone') return undefined;
  return joinServer(state, namespace);
}
