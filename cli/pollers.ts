import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Connection } from '@temporalio/client';
import { defaultLingerMs } from '../client/completion-run.js';
import { EngineConnection } from '../client/engine-connection.js';
import { defaultTaskQueue } from '../contracts/completion.js';
import type { Engine } from '../engine/index.js';
import { clientAddress } from './client-address.js';
import type { CommandContext } from './command-context.js';
import { asTyped } from './command-name.js';

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

/** Milliseconds in which a worker takes a completion, unless there is none or all are busy. */
const takenWithinMs = 3_000;

/**
 * Says so when no worker takes a completion, which then waits without a sign of life: at once when none polls the task
 * queue, else after three seconds, for a server goes on listing workers that have died. Never rejects; `signal` ends it.
 */
export async function tellWhenNobodyWorks(
  id: string,
  engine: Engine,
  taskQueue: string,
  { err, env }: Pick<CommandContext, 'err' | 'env'>,
  signal: AbortSignal,
): Promise<void> {
  const connection = new EngineConnection(clientAddress(engine));
  try {
    const pollers = await connection.call((client) =>
      livePollers(client.connection, engine.namespace, taskQueue),
    );
    if (pollers.length > 0) {
      await sleep(takenWithinMs, undefined, { signal });
      if (await connection.call((client) => wasTaken(client, id))) return;
    }
    const option = taskQueue === defaultTaskQueue ? '' : ` --task-queue ${taskQueue}`;
    const until = `until ${defaultLingerMs / 1_000} s after its deadline`;
    const start = `Start one: holdfast up${option}, or holdfast worker${option}`;
    err.line(
      asTyped(
        `No worker takes completions from task queue "${taskQueue}" yet; waiting for one ${until}. ${start}`,
        env,
      ),
    );
  } catch {
    // A server that does not tell is no reason to disturb the completion.
  } finally {
    await connection.close();
  }
}

/** The start of a completion and its first task, scheduled. */
const eventsWithoutWorker = 2;

async function wasTaken(client: Client, id: string): Promise<boolean> {
  const { status, historyLength } = await client.workflow.getHandle(id).describe();
  return status.name !== 'RUNNING' || historyLength > eventsWithoutWorker;
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
