import { workflowOf } from '../client/completion-run.js';
import type { EngineConnection } from '../client/engine-connection.js';

/**
 * What Temporal knows of the running call of a completion: no process has begun its activity (`awaited`), one has
 * (`taken`), or the completion has ended (`over`).
 */
export type CallState = 'awaited' | 'taken' | 'over';

/** `temporal.api.enums.v1.PendingActivityState` of an activity that waits for a process to take it. */
const scheduled = 1;

/** Asks Temporal. @throws EngineUnavailableError, EngineRefusedError */
export async function callState(
  engine: EngineConnection,
  id: string,
  runId: string,
  timeoutMs: number,
): Promise<CallState> {
  const { status, raw } = await engine.call((client) => workflowOf(client, id, runId).describe(), {
    timeoutMs,
  });
  if (status.name !== 'RUNNING') return 'over';
  return raw.pendingActivities?.some(({ state }) => Number(state) !== scheduled) === true
    ? 'taken'
    : 'awaited';
}
