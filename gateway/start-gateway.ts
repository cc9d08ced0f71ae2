import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { ActivityDependencies } from '../activities/index.js';
import type { EngineAddress, Holdfast } from '../client/index.js';
import type { Config } from '../config/schema.js';
import type { Access } from './access/access.js';
import { createMetrics } from '../telemetry/metrics.js';
import { createConnectedWorker } from '../worker/connected-worker.js';
import { createGateway } from './app.js';
import { connectionForWatch, createEngineWatch, temporalProbe, callPollers } from './engine-watch.js';
import { openCompletions } from './open-completions.js';
import { startServer } from './server.js';

export interface StartGatewayOptions {
  /** Shared with the worker of this process on the task queue. */
  connection: NativeConnection;
  /** Where Temporal is. */
  engine: EngineAddress & { address: string; namespace: string };
  taskQueue: string;
  /** Those of that worker. */
  dependencies: ActivityDependencies;
  /** Reads completions by id. Closed by whoever made it. */
  holdfast: Holdfast;
  /** The config in force. */
  config: () => Config;
  /** Whose requests are served; absent: everybody's. */
  access?: Access;
  host: string;
  /** 0: any free port. */
  port: number;
  /** How long running requests may go on after `stop`, in milliseconds. */
  drainMs: number;
  /** Calls at a time on the queue of this process. */
  mostCalls?: number;
  logger: Logger;
}

export interface RunningGateway {
  /** `http://127.0.0.1:8788` */
  url: string;
  /** Completions whose clients wait. */
  inFlight: () => number;
  /** Settles when its worker ends; rejects when it did so by itself. */
  ended: Promise<void>;
  /**
   * Turns new requests away, lets running ones end, then ends its worker. The other worker of the process must go on
   * until then: it carries their workflows.
   */
  stop: () => Promise<void>;
}

/** Serves the gateway beside a worker of the same process. @throws Error with the system's code when it cannot listen */
export async function startGateway(options: StartGatewayOptions): Promise<RunningGateway> {
  const { connection, engine, taskQueue, dependencies, logger, config, drainMs } = options;
  const { address, namespace } = engine;
  const { worker, processQueue } = await createConnectedWorker({
    connection,
    namespace,
    taskQueue,
    dependencies,
    shutdownGraceMs: drainMs,
    ...(options.mostCalls === undefined ? {} : { mostCalls: options.mostCalls }),
  });
  const ended = worker.run();
  ended.catch(() => undefined);
  const endWorker = async (): Promise<void> => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended;
  };
  const warn = (message: string, detail: string): void => logger.warn({ detail }, message);
  const { searchAttributes } = dependencies;
  const watched = connectionForWatch(engine);
  const watch = createEngineWatch({
    probe: temporalProbe(watched),
    pollers: callPollers(watched, taskQueue),
    now: Date.now,
    random: Math.random,
    everyMs: 5_000,
    failingEveryMs: 500,
  });
  const release = async (): Promise<void> => {
    watch.stop();
    await watched.close();
    await endWorker();
  };
  const metrics = createMetrics({ known: config, breakers: () => dependencies.health.breakers() });
  const completions = openCompletions({
    ...options,
    address,
    namespace,
    processQueue,
    watch,
    searchAttributes,
    overlapped: () => config().gateway.overlappedStart,
    warn,
  });
  let draining = false;
  const app = createGateway({
    ...options,
    completions,
    warn,
    metrics,
    notReady: () => watch.readiness(),
    engineDown: () => watch.down() !== undefined,
    draining: () => draining,
  });
  try {
    const server = await startServer({ fetch: app.fetch, host: options.host, port: options.port });
    return {
      url: server.url,
      inFlight: () => completions.size,
      ended,
      stop: async () => {
        draining = true;
        await server.stop(drainMs);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}
