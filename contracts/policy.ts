/** How one model is tried again. All times in milliseconds. */
export interface RetryPolicy {
  /** Provider calls to one model, the first included. */
  maxAttempts: number;
  baseDelayMs: number;
  maxDelayMs: number;
  /** Longest that one call may take. */
  attemptTimeoutMs: number;
  /** Longest wait for the first token of a streamed call; absent in routes that were recorded before there were any. */
  firstTokenTimeoutMs?: number;
  /** Longest silence between two tokens of a streamed call; absent like the one before. */
  idleTimeoutMs?: number;
  /** While another candidate is usable, no model is waited for longer than this. */
  maxWaitBeforeFallbackMs: number;
  heartbeatTimeoutMs: number;
  /** How often a running call reports that it is alive; also the longest a cancellation takes to reach it. */
  heartbeatIntervalMs: number;
}
