import { Context } from '@temporalio/activity';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import type { Trail } from '../contracts/attempt.js';
import { attemptsReported } from '../contracts/call.js';

/** The local activity `reportedAttempts`; see the contract in contracts/call.ts. */
export async function reportedAttempts(): Promise<Trail> {
  const { client, info } = Context.current();
  if (info.workflowExecution === undefined) {
    throw ApplicationFailure.nonRetryable('reportedAttempts is an activity of a workflow');
  }
  const { workflowId, runId } = info.workflowExecution;
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  return (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) => {
    const payload = heartbeatDetails?.payloads?.[0];
    return payload ? attemptsReported(defaultPayloadConverter.fromPayload(payload)) : [];
  });
}
