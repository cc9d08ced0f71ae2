import type { ContinuationHow } from '../../contracts/continuation.js';
import { isRepetition, isToldAnew, type Joint } from './evidence.js';
import { folded, foldUnit, isBlank, isUnspaced, isWordUnit, type Folded } from './folded.js';
import { plainJoint, whiteSpaceLeft } from './joint.js';
import { closingOf, openingState } from './openings.js';
import { Repeats, type Beginning, type Repeat } from './repeats.js';

/**
 * `deciding`: text is held back while it may be a repetition. `joining`: the repetition is over, white space is looked
 * at. `told_anew`: it is the whole answer from its beginning, word for word so far. `joined`: everything passes.
 * `restarted`: it is another answer, and nothing passes any more.
 */
export type SeamState = 'deciding' | 'joining' | 'told_anew' | 'joined' | 'restarted';

/** White space alone is held back no further than this. */
const longestBlank = 400;

/** What agrees for so long is a repetition in the making: no impatience lets it pass. */
const surelyRepeating = 40;

/**
 * Joins a continuation to the text that the client has, while it streams: leaves out what the model repeats and mends
 * the white space in between. No clock in it: whoever waits too long calls {@link flush}. What it lets through does
 * not depend on how the continuation was cut into pieces. In doubt it lets text pass: a repetition is a blemish, a
 * missing word a fault.
 */
export class Seam {
  readonly #delivered: string;
  readonly #how: ContinuationHow;
  readonly #known: Folded;
  /** White space at the end of what was delivered. */
  readonly #tail: string;
  #state: SeamState = 'deciding';
  #taken = '';
  /** White space that the continuation begins with. */
  #lead = '';
  #repeats: Repeats[] = [];
  /** Where the next visible unit may begin a repetition. */
  #beginning: Beginning | undefined = { at: 0 };
  #mayOpen = true;
  /** Repetitions that are over, and not judged yet. */
  #ended: Repeat[] = [];
  /** Where the shortest one that began with a line or a sentence began. */
  #shortest = -1;
  #best: Repeat | undefined;
  /** Of the continuation, what was taken and not let through. */
  #cut = 0;

  /**
   * @param delivered All that the client has, of whichever author.
   * @param how After a prefill the continuation brings the white space anew that was cut off the prefill's end.
   */
  constructor(delivered: string, how: ContinuationHow) {
    this.#delivered = delivered;
    this.#how = how;
    this.#known = folded(delivered);
    this.#tail = delivered.slice(delivered.trimEnd().length);
  }

  get state(): SeamState {
    return this.#state;
  }

  /** Units of the continuation that did not pass, as long as nothing is held back. */
  get overlapCut(): number {
    return this.#cut;
  }

  /** Takes the next piece. @returns What may be shown of it, and of what was held back before. */
  feed(piece: string): string {
    let passed = '';
    for (let at = 0; at < piece.length; at += 1) {
      if (this.#state === 'joined') return passed + piece.slice(at);
      passed += this.#take(piece.charAt(at));
    }
    return passed;
  }

  /** Called after a silence or a wait: lets pass what is held back, unless it repeats the delivered text word for word. */
  flush(): string {
    if (this.#state !== 'deciding' || this.#taken === '') return '';
    if (this.#repeats.some(({ agreed }) => agreed >= surelyRepeating)) return '';
    return this.#decide(true);
  }

  /** The continuation has ended, or something other than text follows. @returns The rest of what was held back. */
  end(): string {
    const passed = this.#isUndecided ? this.#decide(true) : '';
    return this.#state === 'joining' ? passed + this.#join() : passed;
  }

  get #isUndecided(): boolean {
    return this.#state === 'deciding' || this.#state === 'told_anew';
  }

  #take(unit: string): string {
    if (this.#state === 'restarted') return '';
    this.#taken += unit;
    if (this.#state === 'joining') return isBlank(unit) ? '' : this.#join();

    this.#judgeEnded(unit);
    const end = this.#taken.length;
    for (const repeats of this.#repeats) this.#ended.push(...repeats.take(unit, end));
    if (!isBlank(unit)) this.#begin(unit, end);
    else if (end - 1 === this.#lead.length) this.#lead += unit;
    this.#lookForOpening(unit, end);
    this.#repeats = this.#repeats.filter(({ isAlive }) => isAlive);
    return this.#decide(false);
  }

  #begin(unit: string, end: number): void {
    if (this.#beginning === undefined) return;
    const repeats = new Repeats(this.#known.text, this.#beginning);
    this.#ended.push(...repeats.take(unit, end));
    this.#repeats.push(repeats);
    this.#beginning = undefined;
  }

  #lookForOpening(unit: string, end: number): void {
    if (!this.#mayOpen) return;
    const state = openingState(this.#taken);
    if (state === 'ended') {
      this.#beginning = { at: end, ...(closingOf(unit) === undefined ? {} : { mark: unit }) };
    }
    if (state === 'none') this.#mayOpen = false;
  }

  /** Repetitions are judged by what follows them. */
  #judgeEnded(next: string | undefined): void {
    const { text, begins } = this.#known;
    const splitsWord = isLetterOfWord(text.slice(-1)) && isLetterOfWord(next);
    for (const repeat of this.#ended.sort((one, other) => other.from - one.from)) {
      const { from, after } = repeat;
      // A line that begins like the one before may be the repetition of either: then of the last one.
      const isAll = from === 0 && this.#state === 'told_anew';
      if (from < this.#shortest && !isAll) continue;
      if (begins.has(from)) this.#shortest = from;
      // What looks like a quotation mark around it stands there in the text.
      if (after.mark !== undefined && text[from - 1] === foldUnit(after.mark)) continue;
      const isLonger = this.#best === undefined || from < this.#best.from;
      if (isLonger && (isAll || isRepetition({ from, splitsWord }, this.#jointBefore(after), this.#known))) {
        this.#best = repeat;
      }
    }
    this.#ended = [];
  }

  #decide(now: boolean): string {
    if (now) this.#judgeEnded(undefined);
    const best = this.#best;
    if (this.#state === 'deciding' && this.#toldAnew()) this.#state = 'told_anew';
    const mayBeLonger =
      best === undefined
        ? this.#repeats.length > 0 || this.#mayOpen || this.#beginning !== undefined || this.#ended.length > 0
        : this.#repeats.some((repeats) => repeats.mayBeLonger(best.from)) || this.#ended.length > 0;
    const isTooLong = this.#lead.length >= longestBlank && this.#lead.length === this.#taken.length;
    if (mayBeLonger && !now && !isTooLong) return '';
    if (best !== undefined) return this.#leaveOut(best);
    if (this.#state === 'told_anew') {
      // Other words, or an end before anything new: another answer.
      this.#state = 'restarted';
      this.#cut = this.#taken.length;
      return '';
    }
    return this.#passAll();
  }

  #toldAnew(): boolean {
    const known = this.#known;
    return this.#repeats.some(
      ({ toldAnew }) => toldAnew !== '' && isToldAnew(toldAnew, this.#jointBefore(), known),
    );
  }

  #leaveOut({ end, after: { mark } }: Repeat): string {
    const rest = this.#taken.slice(end);
    const closing = closingOf(mark);
    const unwrapped = closing !== undefined && rest.startsWith(closing) ? rest.slice(closing.length) : rest;
    this.#cut = this.#taken.length - unwrapped.length;
    this.#taken = unwrapped;
    this.#state = 'joining';
    return unwrapped.trim() === '' ? '' : this.#join();
  }

  /** Lets pass what follows a repetition. */
  #join(): string {
    const rest = this.#taken.trimStart();
    const lead = this.#taken.slice(0, this.#taken.length - rest.length);
    this.#state = 'joined';
    const kept = whiteSpaceLeft(this.#tail, lead);
    this.#cut += lead.length - kept.length;
    return kept + rest;
  }

  /** Nothing was repeated. */
  #passAll(): string {
    const rest = this.#taken.slice(this.#lead.length);
    this.#state = 'joined';
    const kept =
      this.#how === 'prefill'
        ? whiteSpaceLeft(this.#tail, this.#lead)
        : plainJoint(this.#delivered, this.#lead, rest[0]);
    this.#cut = Math.max(0, this.#lead.length - kept.length);
    return kept + rest;
  }

  #jointBefore({ at }: Beginning = { at: 0 }): Joint {
    const blanks = this.#tail + this.#lead;
    const stripped = at > this.#lead.length;
    const first = this.#taken[this.#lead.length];
    const glued = isWordUnit(this.#known.text.slice(-1)) && isWordUnit(first);
    const kind = blanks.includes('\n') ? 'break' : blanks !== '' ? 'spaced' : glued ? 'glued' : 'other';
    return { kind, stripped, capital: isCapital(this.#taken[at]) };
  }
}

function isCapital(unit = ''): boolean {
  return /\p{Lu}/u.test(unit);
}

/** Ends and beginnings of words show themselves by blanks only where there are any. */
function isLetterOfWord(unit: string | undefined): boolean {
  return isWordUnit(unit) && !isUnspaced(unit);
}

/** What the client has after a whole continuation, and what of it was left out; as a {@link Seam} lets it through. */
export function joined(
  delivered: string,
  continuation: string,
  how: ContinuationHow,
): { text: string; overlapCut: number; restarted: boolean } {
  const seam = new Seam(delivered, how);
  const text = delivered + seam.feed(continuation) + seam.end();
  return { text, overlapCut: seam.overlapCut, restarted: seam.state === 'restarted' };
}
