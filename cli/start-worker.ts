import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { ActivityDependencies } from '../activities/index.js';
import { defaultTaskQueue } from '../contracts/completion.js';
import { EngineError, type Engine } from '../engine/index.js';
import { createWorker, workerIdentity } from '../worker/create-worker.js';
import { createLiveSetup, type LiveSetup } from '../worker/live-setup.js';
import type { ChosenProviders } from './choose-providers.js';
import { livePollers } from './pollers.js';
import { usableSearchAttributes } from './usable-search-attributes.js';

/** A worker in this process. */
export interface RunningWorker {
  taskQueue: string;
  /** Provider calls under way. */
  inFlight(): number;
  /** Settles when the worker ends; rejects when it did so by itself. */
  ended: Promise<void>;
  /** Takes no new work, lets running calls end, and resolves when the worker is gone. */
  stop(): Promise<void>;
}

/** A worker, and what else may work with in its process until it is stopped. */
export interface StartedWorker extends RunningWorker {
  connection: NativeConnection;
  dependencies: ActivityDependencies;
}

export interface StartWorkerOptions {
  providers: ChosenProviders;
  logger: Logger;
  taskQueue: string | undefined;
  /** The command that runs it, as the Temporal UI is to name it. */
  program: string;
  /** Whether it calls models, or only carries workflows on; default true. */
  callsModels?: boolean;
  /** Told what the user should know, in a line. */
  tell: (line: string) => void;
}

/** Starts a worker on the engine. @throws EngineError when it cannot be reached */
export async function startWorker(
  engine: Engine,
  { providers, logger, taskQueue: wanted, program, callsModels = true, tell }: StartWorkerOptions,
): Promise<StartedWorker> {
  const connection = await connect(engine);
  let setup: LiveSetup | undefined;
  const release = (): Promise<void> => {
    setup?.stop();
    return connection.close();
  };
  try {
    for (const notice of providers.config.notices ?? []) tell(notice);
    const taskQueue = wanted ?? (await freeTaskQueue(connection, engine, providers, tell));
    const { config, source } = providers;
    setup = await createLiveSetup(config, logger, source);
    const { worker, run, dependencies } = await createWorker({
      connection,
      namespace: engine.namespace,
      config,
      setup: setup.current,
      env: providers.env,
      logger,
      taskQueue,
      identity: workerIdentity(program),
      callsModels,
      searchAttributes: await usableSearchAttributes(engine, connection, tell),
    });
    const ended = run().finally(release);
    // Whoever waits for it hears of a failure; until then it is nobody's unhandled rejection.
    ended.catch(() => undefined);
    return {
      taskQueue,
      connection,
      dependencies,
      inFlight: () => worker.getStatus().numInFlightNonLocalActivities,
      ended,
      stop: async () => {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await ended;
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function connect({ connection }: Engine): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(connection);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      'unreachable',
      `Temporal at ${connection.address} cannot be reached (${detail}).`,
      ['Check that it still runs, and start again.'],
      { cause: error },
    );
  }
}

/** Simulated answers must never reach requests that are meant for the real workers of a queue. */
async function freeTaskQueue(
  connection: NativeConnection,
  { namespace }: Engine,
  { simulated }: ChosenProviders,
  tell: (line: string) => void,
): Promise<string> {
  if (simulated === undefined) return defaultTaskQueue;
  const others = await livePollers(connection, namespace, defaultTaskQueue);
  if (others.length === 0) return defaultTaskQueue;
  const own = `${defaultTaskQueue}-simulated`;
  tell(
    `Task queue "${defaultTaskQueue}" has other workers (${others.join(', ')}); the simulation uses "${own}".`,
  );
  return own;
}
