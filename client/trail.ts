import { QueryNotRegisteredError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Trail } from '../contracts/attempt.js';
import { isCallReport } from '../contracts/call.js';
import { trailQueryName } from '../contracts/completion.js';
import { grpcStatus } from './engine-connection.js';
import { NoWorkerError } from './errors.js';

/** How long a query waits for a worker, in milliseconds. */
const queryPatienceMs = 5_000;

/**
 * The attempts of a completion: those the workflow knows, by query, and those of a call that Temporal is still
 * retrying, from what that call heartbeats. Nothing is written.
 */
export async function readTrail(client: Client, id: string, taskQueue: string): Promise<Trail> {
  const workflow = client.workflow.getHandle(id);
  // Described before it is queried: a call that ends in between is then in both, and counted once below.
  const description = await workflow.describe();
  const known = await client
    .withDeadline(Date.now() + queryPatienceMs, () => workflow.query<Trail>(trailQueryName))
    .catch((error: unknown): Trail => {
      if (error instanceof QueryNotRegisteredError) return [];
      if (isUnanswered(error)) throw new NoWorkerError(`the attempts of ${id} cannot be read`, taskQueue);
      throw error;
    });
  const models = new Set(known.map(({ model }) => model));
  return [...known, ...pendingAttempts(description).filter(({ model }) => !models.has(model))];
}

function pendingAttempts({ raw }: WorkflowExecutionDescription): Trail {
  return (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) => {
    const payload = heartbeatDetails?.payloads?.[0];
    const report: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
    return isCallReport(report) ? report.attempts : [];
  });
}

/** Temporal says so in two ways when no worker takes the query. */
function isUnanswered(error: unknown): boolean {
  const failedPrecondition = 9;
  const deadlineExceeded = 4;
  const status = grpcStatus(error);
  return status === failedPrecondition || status === deadlineExceeded;
}
