import type { Client, WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { defaultDeadlineMs, type CompletionWorkflow } from '../contracts/completion.js';

/** Milliseconds past its deadline after which Temporal ends a completion, unless a Holdfast was told otherwise. */
export const defaultLingerMs = 10_000;

/** One run of a completion: a completion that is started anew under its id is another run. */
export interface CompletionRun {
  /** Temporal's id of it. */
  runId: string;
  /** When Temporal ends it if nothing else does, in epoch milliseconds of this machine's clock. */
  endsBy: number;
}

/** How a call of `start` came to its run: `joined` one that was running, or found one that had ended. */
export type RunOrigin = 'started' | 'joined' | 'replayed';

/** What `describe` says of a run. Its age is told by this machine's clock, so `endsBy` is no better than that. */
export function runOf({ runId, startTime, raw }: WorkflowExecutionDescription): CompletionRun {
  const seconds = Number(raw.executionConfig?.workflowExecutionTimeout?.seconds ?? 0);
  // Temporal holds a duration of zero for one without limit; then it was none of ours that started it.
  const lifeMs = seconds > 0 ? (seconds + 1) * 1_000 : defaultDeadlineMs + defaultLingerMs;
  const ageMs = Math.max(0, Date.now() - startTime.getTime());
  return { runId, endsBy: Date.now() + lifeMs - ageMs };
}

/** Temporal's handle of one run; without a run id, of the latest. */
export function workflowOf(client: Client, id: string, runId?: string): WorkflowHandle<CompletionWorkflow> {
  return client.workflow.getHandle<CompletionWorkflow>(id, runId);
}
