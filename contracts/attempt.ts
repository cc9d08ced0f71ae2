import type { Adaptation } from './adaptation.js';
import type { Usage } from './chat.js';
import type { Refusal } from './health.js';
import type { Outcome } from './outcome.js';

/** What followed an attempt, and why. Every attempt of a finished completion has one. */
export type NextStep =
  | { action: 'answer' }
  | {
      action: 'retry';
      afterMs: number;
      because: 'backoff' | 'retry_after' | 'another_worker' | 'next_key' | 'adapted' | 'gate';
    }
  | { action: 'fallback'; to: string; because: string }
  /** The completion waits, at no cost, until a model can be called again. */
  | { action: 'park'; because: string }
  | { action: 'stop'; because: string };

/** What follows an attempt after which the completion waits for these models. */
export function parkedFor(models: readonly { model: string }[]): NextStep {
  return { action: 'park', because: `waiting for ${models.map(({ model }) => model).join(', ')}` };
}

/** One provider call of a completion, or one that was refused before it was made. */
export interface Attempt {
  /** The configured name (`gpt-4`). */
  model: string;
  provider: string;
  outcome: Outcome;
  /** ISO time by the clock of the worker that made the call. */
  startedAt: string;
  /** Milliseconds from the call to its end; for a lost worker, the time until the loss was noticed. */
  durationMs: number;
  /** The provider's own words on a failure, redacted and shortened. */
  message?: string;
  httpStatus?: number;
  /** The provider's error code or type, as sent. */
  code?: string;
  /** How long the provider asked to be left alone, in milliseconds. */
  retryAfterMs?: number;
  /** The provider's id of the request, for its support desk. */
  requestId?: string;
  /** Reference of the key that was used (`env:OPENAI_API_KEY`); never the key. */
  key?: string;
  usage?: Usage;
  /** US dollars; null when it was paid for but nobody knows how much: no price, or the call was ended from here. */
  costUsd?: number | null;
  /** Milliseconds from the call to the first token; streamed calls only. */
  firstTokenMs?: number;
  /**
   * What hooks had to say of it, under which config it was made where that is not the one of the result, and why it
   * ended where the provider's word for that is not known.
   */
  notes?: string[];
  /** How the request was changed to fit the model that answered. */
  adapted?: Adaptation[];
  /** Why no call was made; `circuit_open` only. */
  refusal?: Refusal;
  /** It was one of several calls under way at a time: the second one against a slow answer, or one of a race. */
  role?: 'hedge' | 'rival';
  next?: NextStep;
}

/** The attempts of a completion in the order they were made. */
export type Trail = Attempt[];
