import type { CompletionHandle } from '../client/completion-handle.js';
import type { RunOrigin } from '../client/completion-run.js';
import type { CompletionResult } from '../contracts/completion.js';
import type { LiveAnswer } from './live-answer.js';

/** A completion that somebody in this process waits for. */
export interface ConnectedCompletion {
  id: string;
  /** Of the request that asks: all but the first one of equal keyed requests join, or have the recorded answer again. */
  origin: RunOrigin;
  handle: CompletionHandle;
  /** Its answer while it is written here; silent where it is written in another process. */
  live: LiveAnswer;
  /** Settles when the answer, or why there is none, is recorded. */
  result: Promise<CompletionResult>;
  /** Whether a call of this process has the answer, as far as it is recorded. */
  recordedHere: () => boolean;
  /** The last one who waited has gone: its calls end, unless its answer will be wanted. */
  leave: () => void;
}
