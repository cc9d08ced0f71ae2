import { CompleteAsyncError, Context } from '@temporalio/activity';
import { ActivityNotFoundError, type AsyncCompletionClient } from '@temporalio/client';
import type { CallModelInput, CallModelResult, CompletionActivities } from '../contracts/call.js';
import type { ActivityDependencies } from './dependencies.js';

/**
 * `callModel` for a process in which somebody waits for the answer: hands the result to Temporal itself, and so knows
 * when it is recorded, one round trip before the workflow has been told.
 */
export function acknowledgedCall(
  callModel: CompletionActivities['callModel'],
  record: AsyncCompletionClient,
  { attendances, logger }: Pick<ActivityDependencies, 'attendances' | 'logger'>,
): CompletionActivities['callModel'] {
  return async (input: CallModelInput): Promise<CallModelResult> => {
    const { taskToken, workflowExecution } = Context.current().info;
    const result = await callModel(input);
    const attendance = attendances.of(workflowExecution?.workflowId ?? '');
    if (attendance?.recorded === undefined) return result;
    try {
      await record.complete(taskToken, result);
    } catch (error) {
      // Temporal waits for it no more: the workflow says what became of it.
      if (error instanceof ActivityNotFoundError) throw new CompleteAsyncError();
      const reason = error instanceof Error ? error.name : typeof error;
      logger.warn({ reason }, 'an answer could not be recorded at once; the worker goes on trying');
      return result;
    }
    attendance.recorded(result);
    throw new CompleteAsyncError();
  };
}
