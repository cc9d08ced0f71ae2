import type { FailureKind } from './outcome.js';

/**
 * Most characters (UTF-16 units) of a delivered text that are carried in a report. A text that grew beyond is not
 * continued: with every heartbeat it would travel to Temporal, and with each next call into the history.
 */
export const mostDeliveredCharacters = 200_000;

/** What the client got besides plain text, and that nobody else can go on from. */
export type DeliveredBesides =
  'tool_call' | 'refusal' | 'signed_reasoning' | 'further_choice' | 'too_much_text';

/** What of an answer had reached the client when its stream was cut. */
export interface Delivered {
  /** Exactly the text that the client saw, by whichever models; no longer than {@link mostDeliveredCharacters}. */
  text: string;
  /** Absent where it was text alone; thoughts without a signature count as nothing. */
  besides?: DeliveredBesides[];
}

/**
 * How a model was asked to go on: by a last message of the assistant that it takes as its own beginning (`prefill`),
 * or in words (`instruction`).
 */
export type ContinuationHow = 'prefill' | 'instruction';

/** A cut stream that another attempt is to go on from. */
export interface CutStream {
  delivered: Delivered;
  /** The model that wrote last (its configured name). */
  model: string;
  /** Why its stream ended. */
  because: FailureKind;
}

/** Said in the stream and in the result wherever an answer has a second author, or the first one anew. */
export interface Continuation {
  /** The model whose stream was cut. */
  from: string;
  /** The model that went on; the same one after a retry. */
  to: string;
  because: FailureKind;
  how: ContinuationHow;
  /** Characters (UTF-16 units) that the client had when the stream was cut. */
  atCharacters: number;
  /** Characters of the continuation that were left out, since they repeated what the client had. */
  overlapCut: number;
}

/** True for what a report carries as {@link Delivered}; details are `unknown` once they crossed Temporal. */
export function isDelivered(value: unknown): value is Delivered {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string';
}
