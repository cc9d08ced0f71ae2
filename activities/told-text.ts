import type { AnswerDelta } from '../contracts/chat.js';
import type { CutStream, Delivered } from '../contracts/continuation.js';
import { nothingDelivered, withDelta } from '../policy/continuation/index.js';
import type { ModelAttempt } from './model-attempt.js';

/** What a caller who listens has of an answer, over all attempts at it. */
export class ToldText {
  #delivered: Delivered;
  #added = false;

  constructor(cut: CutStream | undefined) {
    this.#delivered = cut?.delivered ?? nothingDelivered;
  }

  add(delta: AnswerDelta): void {
    this.#delivered = withDelta(this.#delivered, delta);
    this.#added = true;
  }

  /** The attempt, with what the caller has after it where it told anything. */
  withDelivered(made: ModelAttempt): ModelAttempt {
    return this.#added ? { ...made, delivered: this.#delivered } : made;
  }
}
