import { beginsWord, foldUnit } from './folded.js';

/** How far back from its end a text is looked at for where a repetition may have begun, in folded units. */
const lookedBack = 4_000;

/** A place in the delivered text from which on the continuation repeated it to its end. */
export interface Repeat {
  /** Where it begins in the folded delivered text. */
  from: number;
  /** Unit of the continuation that follows it. */
  end: number;
  /** What it began after. */
  after: Beginning;
}

/** What stands before a repetition in the continuation. */
export interface Beginning {
  /** Units that are passed over with it. */
  at: number;
  /** The quotation mark right before it, which it may be wrapped in. */
  mark?: string;
}

/** One place in a continuation at which a repetition may have begun, and all that it still may be a repetition of. */
export class Repeats {
  readonly #delivered: string;
  readonly #beginning: Beginning;
  /** Where in the delivered text it began, longest repetition first. */
  #alive: number[] = [];
  #agreed = 0;
  #lastBlank = false;

  /** @param delivered Folded. */
  constructor(delivered: string, beginning: Beginning) {
    this.#delivered = delivered;
    this.#beginning = beginning;
  }

  /** Takes the next unit of the continuation, the first of them no blank. @returns Repetitions that end with it. */
  take(unit: string, end: number): Repeat[] {
    const next = foldUnit(unit);
    if (next === ' ' && this.#lastBlank) return [];
    this.#lastBlank = next === ' ';
    const delivered = this.#delivered;
    if (this.#agreed === 0) this.#alive = placesOf(delivered, next);
    else this.#alive = this.#alive.filter((from) => delivered[from + this.#agreed] === next);
    this.#agreed += 1;
    const isOver = (from: number): boolean => from + this.#agreed === delivered.length;
    const over = this.#alive.filter(isOver);
    if (over.length > 0) this.#alive = this.#alive.filter((from) => !isOver(from));
    return over.map((from) => ({ from, end, after: this.#beginning }));
  }

  /** Whether a repetition that begins no later than `from` may still become one. */
  mayBeLonger(from: number): boolean {
    return this.#alive.some((place) => place < from);
  }

  get isAlive(): boolean {
    return this.#alive.length > 0;
  }

  /** How much agrees by now, in folded units; 0 when nothing does. */
  get agreed(): number {
    return this.isAlive ? this.#agreed : 0;
  }

  /** The beginning of the whole delivered text, as far as it is being repeated. */
  get toldAnew(): string {
    return this.#alive[0] === 0 ? this.#delivered.slice(0, this.#agreed) : '';
  }
}

/** Where a repetition that begins with this unit may have begun, in order: at the very beginning, or at a word near the end. */
function placesOf(delivered: string, first: string): number[] {
  const places = delivered.startsWith(first) ? [0] : [];
  for (let at = Math.max(1, delivered.length - lookedBack); at < delivered.length; at += 1) {
    if (delivered[at] === first && beginsWord(delivered, at)) places.push(at);
  }
  return places;
}
