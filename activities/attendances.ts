import type { AnswerDelta } from '../contracts/chat.js';
import type { CallModelInput, CallModelResult } from '../contracts/call.js';
import type { Attempt } from '../contracts/attempt.js';
import type { Continuation } from '../contracts/continuation.js';
import type { BegunCall } from './model-attempt.js';

/** A piece of a streamed answer, and whose it is. */
export interface AnswerPiece {
  model: string;
  /** Temporal's attempt number under this model, from 1. */
  attempt: number;
  /** Provider call within the attempt, from 0: another key, or the request adapted, begins another answer. */
  call: number;
  delta: AnswerDelta;
  /** Present where it goes on from another author's words. */
  continuation?: Continuation;
}

/** Somebody in this process who waits for a completion, and what is said to them while its models are called here. */
export interface Attendance {
  /**
   * Told of each piece as it arrives; what belongs to a call that fails was no answer. Where the config has hooks that
   * run after an attempt, told of the whole answer at once when it passed them, as they left it, and of nothing that they
   * vetoed.
   */
  heard?: (piece: AnswerPiece) => void;
  /**
   * Told of each attempt that failed, before anything follows. `broken`: what was heard cannot be the beginning of an
   * answer any more, for this reason; nobody will go on from it. Whoever then wants no other answer says `unwanted`.
   */
  failed?: (attempt: Attempt, broken?: string) => 'unwanted' | undefined;
  /** Told when a model is not called again in this activity. */
  givenUp?: () => void;
  /** Told when Temporal has recorded the answer of a call. */
  recorded?: (result: CallModelResult) => void;
  /** Aborts when they leave: calls of the completion in this process end at once. */
  left?: AbortSignal;
  /** A call that was begun ahead of its activity, handed over once. */
  claim?: (input: CallModelInput) => BegunCall | undefined;
}

/** Who in this process waits for which completion. */
export class Attendances {
  readonly #byCompletion = new Map<string, Attendance>();

  /** One a completion; a second one takes the place of the first. Returns how to end it. */
  attend(completionId: string, attendance: Attendance): () => void {
    this.#byCompletion.set(completionId, attendance);
    return () => {
      if (this.#byCompletion.get(completionId) === attendance) this.#byCompletion.delete(completionId);
    };
  }

  /** Completions that somebody waits for. */
  get size(): number {
    return this.#byCompletion.size;
  }

  of(completionId: string): Attendance | undefined {
    return this.#byCompletion.get(completionId);
  }
}
