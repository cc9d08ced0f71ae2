import type { Adaptation } from '../contracts/adaptation.js';
import type { Attempt } from '../contracts/attempt.js';
import type { CallModelInput, CallReport } from '../contracts/call.js';
import type { ChatAnswer } from '../contracts/chat.js';
import type { Continuation, Delivered } from '../contracts/continuation.js';
import type { ProviderFailure } from '../providers/provider.js';

/** What one attempt at a model came to. */
export interface ModelAttempt {
  /** Every provider call that was made, in order; more than one when keys rotated or the request was adapted. */
  attempts: Attempt[];
  /** What the provider asked for in this attempt and in those before; absent where no call was made. */
  adaptations?: Adaptation[];
  result: { ok: true; answer: ChatAnswer; notices: string[] } | { ok: false; failure: ProviderFailure };
  /** Present where it went on from another attempt's text. */
  continuation?: Continuation;
  /** All that the client has by now; absent where this attempt added nothing to it. */
  delivered?: Delivered;
}

/** Calls of other models beside an attempt: rivals and hedges. */
export type CallsBeside = NonNullable<CallReport['alsoCalling']>;

/** A first attempt that is under way before Temporal has scheduled its activity; the activity takes it over. */
export interface BegunCall {
  /** Epoch milliseconds. */
  startedAt: number;
  input: CallModelInput;
  made: Promise<ModelAttempt>;
  /** Ends it, as a call that nobody waits for. */
  abort: () => void;
  /** Tells, now and from now on, of calls of other models that are in flight beside it. */
  onAlsoCalling: (listener: (calls: CallsBeside) => void) => void;
}
