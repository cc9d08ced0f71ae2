import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { Client } from '@temporalio/client';
import { Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';
import { Attendances, createActivities, type ActivityDependencies, type Setup } from '../activities/index.js';
import { defaultTaskQueue } from '../contracts/completion.js';
import type { LoadedConfig } from '../config/load.js';
import { breakerClient, type BreakerClient } from '../health/breaker-client.js';
import { ModelHealth } from '../health/model-health.js';
import { createBalancer } from '../health/balancer.js';
import { resolveKey, shareReads } from '../providers/keys.js';
import { healthPolicy } from './health-policy.js';
import { createSetup } from './setup.js';
import { workflowBundle } from './workflow-bundle.js';

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  config: LoadedConfig;
  /** What the config asks for, where it may change while the worker runs; default: built once from `config`. */
  setup?: ActivityDependencies['setup'];
  logger: Logger;
  /** Whether Holdfast's search attributes are registered in the namespace. */
  searchAttributes: boolean;
  taskQueue?: string;
  /** How Temporal's UI and logs name this worker; default: {@link workerIdentity} of `holdfast-worker`. */
  identity?: string;
  env?: NodeJS.ProcessEnv;
  /** Who in this process waits for completions. */
  attendances?: Attendances;
  /** How long running attempts may go on after a shutdown was asked for; default: {@link shutdownGraceMs}. */
  shutdownGraceMs?: number;
  bundle?: WorkflowBundleOption;
  /** Whether it calls models; without that it only carries workflows on. Default true. */
  callsModels?: boolean;
}

/** A worker, and what it knows and tells of the health of models. */
export interface HoldfastWorker {
  worker: Worker;
  health: ModelHealth;
  /** What its activities work with, for further workers of the same process. */
  dependencies: ActivityDependencies;
  /** Runs until the worker was shut down, and then tells the breakers what is left to tell. Rejects when it fails. */
  run: () => Promise<void>;
}

/** A worker that executes completions: workflows and activities on one task queue. */
export async function createWorker(options: WorkerOptions): Promise<HoldfastWorker> {
  const { connection, namespace, config, logger, searchAttributes, taskQueue = defaultTaskQueue } = options;
  const setup = options.setup ?? (await fixedSetup(config));
  const health = createHealth({
    client: breakerClient({ client: new Client({ connection, namespace }), taskQueue, searchAttributes }),
    setup,
    logger,
  });
  const dependencies = dependenciesOf({ ...options, health }, setup);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    identity: options.identity ?? workerIdentity('holdfast-worker'),
    workflowBundle: options.bundle ?? (await workflowBundle()),
    activities: createActivities(dependencies),
    // Calls wait for providers, they do not compute: many fit into one process.
    maxConcurrentActivityTaskExecutions: 200,
    enableNonLocalActivities: options.callsModels ?? true,
    // Cancellation travels with heartbeats; throttled more, it would be late.
    maxHeartbeatThrottleInterval: '500ms',
    // A killed worker's workflows go elsewhere after this.
    stickyQueueScheduleToStartTimeout: '1s',
    shutdownGraceTime: options.shutdownGraceMs ?? shutdownGraceMs(config),
  });
  return { worker, health, dependencies, run: () => worker.run().finally(() => health.stop()) };
}

/** What this process knows of models. */
export function createHealth({
  client,
  setup,
  logger,
}: Pick<WorkerOptions, 'logger'> & { client: BreakerClient; setup: () => Setup }): ModelHealth {
  return new ModelHealth({
    client,
    policy: healthPolicy(setup),
    now: Date.now,
    random: Math.random,
    tell: (level, sentence) => logger[level](sentence),
  });
}

/**
 * Milliseconds in which a call ends by itself. A stream may go on to the deadline as long as tokens come; a call that
 * hangs is ended by its own limits far earlier, so this holds up no shutdown longer than an answer is still coming.
 */
export function shutdownGraceMs({ config }: LoadedConfig): number {
  return Math.max(config.deadline, config.retry.attemptTimeout) + 5_000;
}

async function fixedSetup(config: LoadedConfig): Promise<() => Setup> {
  const setup = await createSetup(config);
  return () => setup;
}

/** `holdfast-worker 4711@host`: what runs here, as which process, on which machine. */
export function workerIdentity(program: string): string {
  return `${program} ${process.pid}@${hostname()}`;
}

type DependencyOptions = Pick<WorkerOptions, 'logger' | 'searchAttributes' | 'env' | 'attendances'> & {
  health: ModelHealth;
};

/** What the activities of this process are given. */
export function dependenciesOf(
  { logger, searchAttributes, health, env = process.env, attendances = new Attendances() }: DependencyOptions,
  setup: ActivityDependencies['setup'],
): ActivityDependencies {
  const readShared = shareReads((path) => readFile(path, 'utf8'));
  return {
    setup,
    resolveKey: (reference) => resolveKey(reference, { env, readFile: readShared }),
    searchAttributes,
    attendances,
    health,
    balancer: createBalancer({ load: (model) => health.load(model), random: Math.random }),
    logger,
    random: Math.random,
    now: Date.now,
  };
}
