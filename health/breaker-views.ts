import type { BreakerView } from '../contracts/health.js';
import type { BreakerClient } from './breaker-client.js';
import type { Trouble } from './trouble.js';
import { within } from './within.js';

/** How often a breaker is read, in milliseconds, while nothing is wrong with its model and while something is. */
const calmMs = 900;
const alertMs = 400;
/** With many models the reading is spread: this much time for each. */
const perModelMs = 40;
/** A model that nobody asked for so long is not read any more. */
const forgottenMs = 60_000;
/** A view older than this is read anew before it is used. */
const staleMs = 2_500;
/** How long a call waits for that. */
const patienceMs = 300;
/** A view that could not be renewed for so long says nothing any more: the model is called. */
const expiredMs = 15_000;

interface Known {
  view: BreakerView | null;
  readAt: number;
  askedAt: number;
  reading?: Promise<void>;
  /** The last reading failed, or takes too long: no call waits for the next one. */
  late: boolean;
}

export interface BreakerViewsOptions {
  client: Pick<BreakerClient, 'view'>;
  now: () => number;
  random: () => number;
  /** Told of each view that was read; null where the model has no breaker. */
  onRead: (model: string, view: BreakerView | null) => void;
  trouble: Trouble;
}

/**
 * What this process knows of the breakers of the models that it calls: read about once a second, faster while one is
 * not as it should be. Fails open: what cannot be read forbids nothing.
 */
export class BreakerViews {
  readonly #options: BreakerViewsOptions;
  readonly #known = new Map<string, Known>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: BreakerViewsOptions) {
    this.#options = options;
  }

  /** What was read last of each model that is asked for. */
  all(): BreakerView[] {
    return [...this.#known.values()].flatMap(({ view }) => view ?? []);
  }

  /** The view of a model's breaker; null where there is none, undefined where it could not be read. */
  async of(model: string): Promise<BreakerView | null | undefined> {
    const now = this.#options.now();
    let known = this.#known.get(model);
    if (known === undefined) {
      known = { view: null, readAt: -Infinity, askedAt: now, late: false };
      this.#known.set(model, known);
    }
    known.askedAt = now;
    this.#keepReading();
    if (now - known.readAt > staleMs) {
      const reading = this.#read(model, known);
      if (!known.late) {
        await within(patienceMs, reading);
        if (known.readAt < now) known.late = true;
      }
    }
    return this.#options.now() - known.readAt > expiredMs ? undefined : known.view;
  }

  /** What is known without asking; for lists and for judging loads. */
  known(model: string): BreakerView | undefined {
    return this.#known.get(model)?.view ?? undefined;
  }

  /** Reads a model's breaker now, since something just happened to it. */
  async refresh(model: string): Promise<void> {
    const known = this.#known.get(model);
    if (known === undefined) return;
    // One under way may have been answered before it happened.
    await known.reading;
    await this.#read(model, known);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #keepReading(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    const { random } = this.#options;
    const views = [...this.#known.values()].map(({ view }) => view);
    const usual = views.some((view) => view !== null && isRestless(view)) ? alertMs : calmMs;
    const delayMs = Math.max(usual, this.#known.size * perModelMs) * (0.8 + 0.2 * random());
    this.#timer = setTimeout(() => void this.#readAll(), delayMs);
    this.#timer.unref();
  }

  async #readAll(): Promise<void> {
    const { now, trouble } = this.#options;
    for (const [model, { askedAt }] of this.#known) {
      if (now() - askedAt <= forgottenMs) continue;
      this.#known.delete(model);
      trouble.over(placeOf(model));
    }
    await Promise.all([...this.#known].map(([model, known]) => this.#read(model, known)));
    this.#timer = undefined;
    if (this.#known.size > 0) this.#keepReading();
  }

  /** Never rejects. */
  #read(model: string, known: Known): Promise<void> {
    known.reading ??= this.#readNow(model, known).finally(() => {
      delete known.reading;
    });
    return known.reading;
  }

  async #readNow(model: string, known: Known): Promise<void> {
    const { client, now, onRead, trouble } = this.#options;
    try {
      known.view = await client.view(model);
      known.readAt = now();
      known.late = false;
      onRead(model, known.view);
      trouble.over(placeOf(model));
    } catch (error) {
      known.late = true;
      // A model that was forgotten meanwhile is nobody's trouble.
      if (this.#known.get(model) === known && !this.#stopped) trouble.at(placeOf(model), error);
    }
  }
}

const placeOf = (model: string): string => `reading ${model}`;

const isRestless = ({ phase, watched, forced }: BreakerView): boolean =>
  phase !== 'closed' || watched || forced !== undefined;
