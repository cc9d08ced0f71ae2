import { hostname } from 'node:os';
import type { Connection } from '@temporalio/client';
import { EngineConnection } from '../client/engine-connection.js';
import { defaultTaskQueue } from '../contracts/completion.js';
import type { Engine } from '../engine/index.js';
import { clientAddress } from './client-address.js';

/** The part of a client's or a worker's connection that is needed here. */
type WorkflowServiceConnection = Pick<Connection, 'workflowService'>;

/** Identities of the workers that poll a task queue. The server lists ended ones for minutes; those of this machine are left out. */
export async function livePollers(
  { workflowService }: WorkflowServiceConnection,
  namespace: string,
  taskQueue: string,
): Promise<string[]> {
  const { pollers } = await workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue } });
  return pollers.flatMap(({ identity }) => (identity && !endedHere(identity) ? [identity] : []));
}

/** Says so when no worker polls the task queue: a completion then waits, without a sign of life. */
export async function tellWhenNobodyWorks(
  engine: Engine,
  taskQueue: string,
  tell: (line: string) => void,
): Promise<void> {
  const connection = new EngineConnection(clientAddress(engine));
  try {
    const pollers = await connection.call((client) =>
      livePollers(client.connection, engine.namespace, taskQueue),
    );
    if (pollers.length === 0) {
      const option = taskQueue === defaultTaskQueue ? '' : ` --task-queue ${taskQueue}`;
      tell(
        `No worker takes completions from task queue "${taskQueue}" yet; waiting for one until the deadline. Start one: holdfast up${option}, or holdfast worker${option}`,
      );
    }
  } catch {
    // A server that does not tell is no reason to disturb the completion.
  } finally {
    await connection.close();
  }
}

/** Our workers are named `holdfast-worker pid@host`, those of Temporal's SDKs `pid@host` unless told otherwise. */
function endedHere(identity: string): boolean {
  const [, pid, host] = /^(?:.* )?(\d+)@(.*)$/.exec(identity) ?? [];
  if (pid === undefined || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
