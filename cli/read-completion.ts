import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { CompletionHandle } from '../client/completion-handle.js';
import { runOf } from '../client/completion-run.js';
import type { EngineConnection } from '../client/engine-connection.js';
import {
  CompletionFailedError,
  CompletionNotFoundError,
  type CompletionResult,
  type Trail,
} from '../client/index.js';
import { completionWorkflowType } from '../contracts/completion.js';
import { workflowUrl, type Engine } from '../engine/index.js';
import { wrongUse } from './command-error.js';

/** A completion as it is recorded, whether it has ended or not. */
export interface RecordedCompletion {
  id: string;
  /** Temporal's word, in small letters: `running`, `completed`, `failed`, `cancelled`, `terminated`, `timed_out`. */
  status: string;
  attempts: Trail;
  /** Link into the Temporal UI; null where none is known. */
  url: string | null;
  result?: CompletionResult;
  failure?: { kind: string; message: string; retryAfterMs?: number };
}

/**
 * Reads a completion. One that ended is read from its record alone; for one that runs a worker has to answer.
 * @throws CompletionNotFoundError, NoWorkerError, EngineUnavailableError, CommandError
 */
export async function readCompletion(
  id: string,
  engine: Engine,
  connection: EngineConnection,
): Promise<RecordedCompletion> {
  const description = await describeCompletion(id, connection);
  const handle = new CompletionHandle(id, connection, {
    taskQueue: description.taskQueue,
    run: runOf(description),
  });
  const read = { id, status: description.status.name.toLowerCase(), url: workflowUrl(engine, id) };
  if (description.status.name === 'COMPLETED') {
    const result = await handle.result();
    return { ...read, attempts: result.attempts, result };
  }
  if (description.status.name === 'FAILED' || description.status.name === 'TIMED_OUT') {
    const { kind, message, attempts, retryAfterMs } = await failureOf(handle);
    const failure = { kind, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    return { ...read, attempts, failure };
  }
  return { ...read, attempts: await handle.attempts() };
}

/** @throws CompletionNotFoundError when there is none, CommandError when it is another kind of workflow */
export async function describeCompletion(
  id: string,
  connection: EngineConnection,
): Promise<WorkflowExecutionDescription> {
  const description = await connection
    .call((client) => client.workflow.getHandle(id).describe())
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) throw new CompletionNotFoundError(id, connection.namespace);
      throw error;
    });
  if (description.type === completionWorkflowType) return description;
  throw wrongUse(`Workflow ${id} is no completion; it is of type "${description.type}".`);
}

async function failureOf(handle: CompletionHandle): Promise<CompletionFailedError> {
  try {
    await handle.result();
  } catch (error) {
    if (error instanceof CompletionFailedError) return error;
    throw error;
  }
  throw new Error(`completion ${handle.id} is recorded as failed and yet has a result`);
}
