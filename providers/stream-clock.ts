import type { StreamLimits } from './provider.js';
import { longestTimer } from './transport.js';

export type SilenceEnding = { ended: 'no_token' } | { ended: 'stalled' };

/** Times the tokens of a stream: the wait for the first, and each silence after it. */
export class StreamClock {
  readonly #startedAt = performance.now();
  readonly #limits: StreamLimits;
  readonly #onSilence: (ending: SilenceEnding) => void;
  #timer: NodeJS.Timeout;
  #tokens = 0;
  #stopped = false;
  /** Milliseconds from the call to the first token; undefined until it came. */
  firstTokenMs?: number;

  constructor(limits: StreamLimits, onSilence: (ending: SilenceEnding) => void) {
    this.#limits = limits;
    this.#onSilence = onSilence;
    this.#timer = this.#wait(limits.firstTokenTimeoutMs, { ended: 'no_token' });
  }

  /** A token came. */
  heard(): void {
    this.#tokens += 1;
    if (this.firstTokenMs !== undefined) {
      this.#timer.refresh();
      return;
    }
    this.firstTokenMs = Math.round(performance.now() - this.#startedAt);
    clearTimeout(this.#timer);
    this.#timer = this.#wait(this.#limits.idleTimeoutMs, { ended: 'stalled' });
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #wait(ms: number, ending: SilenceEnding): NodeJS.Timeout {
    return setTimeout(
      () => {
        const heardBefore = this.#tokens;
        // After a busy moment of this process the timer is due before what waits in the socket was read.
        setImmediate(() => {
          if (!this.#stopped && this.#tokens === heardBefore) this.#onSilence(ending);
        });
      },
      Math.min(ms, longestTimer),
    );
  }
}
