import type { AnswerDelta } from '../contracts/chat.js';

/** Told of each piece of a streamed answer, and whose it is. What belongs to an attempt that fails was no answer. */
export type AnswerListener = (piece: { model: string; attempt: number; delta: AnswerDelta }) => void;

/** Who in this process listens to which completion while its answer is written. */
export class AnswerListeners {
  private readonly byCompletion = new Map<string, AnswerListener>();

  /** One listener a completion; a second one takes the place of the first. Returns how to stop listening. */
  listen(completionId: string, listener: AnswerListener): () => void {
    this.byCompletion.set(completionId, listener);
    return () => {
      if (this.byCompletion.get(completionId) === listener) this.byCompletion.delete(completionId);
    };
  }

  of(completionId: string): AnswerListener | undefined {
    return this.byCompletion.get(completionId);
  }
}
