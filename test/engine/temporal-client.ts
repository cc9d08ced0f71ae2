import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { Engine } from '../../engine/index.js';

/** Runs `use` with a client of this engine's server. */
export async function withClient<T>(engine: Engine, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect(engine.connection);
  try {
    return await use(new Client({ connection, namespace: engine.namespace }));
  } finally {
    await connection.close();
  }
}

/** Starts a workflow that nobody works on: it stays in the server as it was started. */
export function startIdleWorkflow(
  engine: Engine,
  workflowId: string,
  keywords: Record<string, string> = {},
): Promise<unknown> {
  const typedSearchAttributes = new TypedSearchAttributes(
    Object.entries(keywords).map(([name, value]) => ({
      key: defineSearchAttributeKey(name, 'KEYWORD'),
      value,
    })),
  );
  const taskQueue = `nobody-${workflowId}`;
  return withClient(engine, (client) =>
    client.workflow.start('idle', { workflowId, taskQueue, args: [], typedSearchAttributes }),
  );
}

/** The server wants a deadline on every poll. */
const pollLimitMs = 30_000;

/** How long the server takes to hand out the first task of a workflow that is to start after a delay. */
export function delayedStartMs(engine: Engine, workflowId: string, startDelayMs: number): Promise<number> {
  const taskQueue = `poll-${workflowId}`;
  return withClient(engine, async (client) => {
    const { namespace } = engine;
    const polled = client.withDeadline(Date.now() + pollLimitMs, () =>
      client.workflowService.pollWorkflowTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
      }),
    );
    const startedAt = performance.now();
    await client.workflow.start('idle', { workflowId, taskQueue, args: [], startDelay: startDelayMs });
    await polled;
    return performance.now() - startedAt;
  });
}
