import type { FailureKind } from '../contracts/outcome.js';
import type { Adaptation } from '../wire/adaptation.js';

/** A row of the table: it fits when any of its names is the error's, or its pattern is in the message. */
export interface Rule {
  kind: FailureKind;
  /** Error codes and types, in lower case. */
  names?: readonly string[];
  message?: RegExp;
  /** A change after which the same model takes the request. */
  adaptation?: Adaptation;
}
