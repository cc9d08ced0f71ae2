import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { Attempt } from '../contracts/attempt.js';
import type { CompletionActivities } from '../contracts/call.js';

const { reportedAttempts } = proxyLocalActivities<CompletionActivities>({
  scheduleToCloseTimeout: '2s',
  retry: { maximumAttempts: 1 },
});

/**
 * Runs a provider call. When the completion is cancelled meanwhile, first reads what the call has reported and hands
 * it to `onReport`, then cancels the call: Temporal forgets the report of a call that was waiting to be tried again.
 */
export async function shieldedCall<T>(
  work: () => Promise<T>,
  onReport: (attempts: Attempt[]) => void,
): Promise<T> {
  const completion = CancellationScope.current();
  let ended = false;
  return CancellationScope.nonCancellable(async () => {
    const call = new CancellationScope();
    completion.cancelRequested.catch(async () => {
      if (ended) return;
      // Without an answer the call is cancelled all the same: its own last word may still have the report.
      await CancellationScope.nonCancellable(reportedAttempts).then(onReport, () => undefined);
      call.cancel();
    });
    try {
      return await call.run(work);
    } finally {
      ended = true;
    }
  });
}
