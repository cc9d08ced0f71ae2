/** How long a call may lie on the queue of one process before it is taken for gone, in milliseconds. */
export const processQueueWaitMs = 2_000;

/**
 * How long the process may be silent during a call, in milliseconds; it says that it lives three times as often. After a
 * kill during a call the next worker begins no later than this, {@link processQueueWaitMs} and one workflow task on;
 * after one during the workflow task before it, no later than the timeout of that and {@link processQueueWaitMs} on.
 */
export const processSilenceMs = 4_000;

/** A process that was silent is asked again after this, in milliseconds: if it still lives, it keeps its call. */
export const processAskedAgainMs = 10;
