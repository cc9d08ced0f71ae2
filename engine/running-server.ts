import type { Engine } from './engine.js';
import { isAlive } from './process-identity.js';
import { untilGone } from './server-process.js';
import type { EngineState } from './state.js';
import { probeTemporal } from './temporal-probe.js';
import { findUi } from './ui.js';

const localProbeMs = 2_000;

/** A server that somebody else runs on Temporal's usual port of this machine. */
export async function findServerAtPort(port: number, namespace: string): Promise<Engine | undefined> {
  const address = `127.0.0.1:${port}`;
  const probe = await probeTemporal({ address }, localProbeMs);
  if (!probe.answers) return undefined;
  return {
    source: 'running',
    address,
    namespace,
    uiUrl: await findUi('127.0.0.1', port),
    startedHere: false,
    connection: { address },
    exited: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

/**
 * What became of a server that was written down:
 * `gone`; `owned` by a Holdfast that still runs; `orphaned`, its Holdfast died without stopping it.
 */
export type Fate = 'gone' | 'owned' | 'orphaned';

export async function fateOf(state: EngineState): Promise<Fate> {
  if (!(await isAlive(state.server))) return 'gone';
  return (await isAlive(state.owner)) ? 'owned' : 'orphaned';
}

/** The server of another Holdfast that still runs; undefined when it does not answer (yet). */
export async function joinServer(state: EngineState, namespace: string): Promise<Engine | undefined> {
  const { address } = state;
  const probe = await probeTemporal({ address }, localProbeMs);
  if (!probe.answers) return undefined;
  const { pid } = state.server;
  return {
    source: 'running',
    address,
    namespace,
    uiUrl: state.uiUrl,
    startedHere: false,
    connection: { address },
    pid,
    databasePath: state.databasePath,
    logPath: state.logPath,
    exited: untilGone(state.server).then(() => ({
      expected: false,
      description: `The Temporal server (pid ${pid}) that another Holdfast (pid ${state.owner.pid}) had started ended.`,
    })),
    stop: () => Promise.resolve(),
  };
}
