import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { acknowledgedCall, createCallModel, type ActivityDependencies } from '../activities/index.js';
import { workerIdentity } from './create-worker.js';

export interface ConnectedWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  /** Queue that the completions' workflows are on. */
  taskQueue: string;
  /** Those of the other worker of this process: what one of them learns of models, both know. */
  dependencies: ActivityDependencies;
  shutdownGraceMs: number;
  /** Calls at a time; further ones wait, and go to any worker when they waited too long. */
  mostCalls?: number;
}

/** A worker on a queue that only this process polls. */
export interface ConnectedWorker {
  worker: Worker;
  processQueue: string;
}

/** Calls that are out here wait for providers; a slot costs next to nothing, and a call without one would go elsewhere. */
export const usualCalls = 5_000;

/** A worker for the calls of completions whose callers are connected to this process. */
export async function createConnectedWorker({
  connection,
  namespace,
  taskQueue,
  dependencies,
  shutdownGraceMs,
  mostCalls = usualCalls,
}: ConnectedWorkerOptions): Promise<ConnectedWorker> {
  const processQueue = `${taskQueue}/process/${randomBytes(8).toString('hex')}`;
  const { activity } = new Client({ connection, namespace });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: processQueue,
    identity: workerIdentity('holdfast-gateway'),
    activities: { callModel: acknowledgedCall(createCallModel(dependencies), activity, dependencies) },
    maxConcurrentActivityTaskExecutions: mostCalls,
    maxHeartbeatThrottleInterval: '500ms',
    shutdownGraceTime: shutdownGraceMs,
  });
  return { worker, processQueue };
}
