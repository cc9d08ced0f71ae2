import type { Folded } from './folded.js';
import { hasLikeBefore, longestBorder, measure, saysTwice } from './likeness.js';

/**
 * When a beginning that equals the end of the delivered text is a repetition, and when the text itself goes on with the
 * same words ("very | very good"). To cut the latter loses words, which is worse than to leave the former in: so the
 * question asked is always how likely the text would be if nothing had been repeated.
 */

/** How the two texts meet, were they simply put together. */
export interface Joint {
  /** `glued`: word against word, as within a word. `spaced`: white space between them. `break`: a new line. `other`: marks. */
  kind: 'glued' | 'spaced' | 'break' | 'other';
  /** Something was passed over before the overlap: an opening phrase, a quotation mark. */
  stripped: boolean;
  /** The continuation begins with a capital. */
  capital: boolean;
}

/** An end of the delivered text that the continuation begins with. */
export interface Overlap {
  /** Where in the folded text it begins. */
  from: number;
  /** The delivered text ended within a word that the continuation finishes. */
  splitsWord: boolean;
}

/** Agreement with the beginning of the answer from which on it is being told anew, in folded units. */
const toldAnew = 120;

/** The same where the texts could not meet like this in a text that simply goes on. */
const toldAnewGlued = 24;

/** The same where a stanza or a section may well begin like the first one. */
const toldAnewAfterBreak = 200;

/** A text that has begun with so much twice begins with it a third time, in folded units. */
const sameBeginning = 60;

/** Whether an overlap is a repetition beyond reasonable doubt. */
export function isRepetition({ from, splitsWord }: Overlap, joint: Joint, { text, begins }: Folded): boolean {
  const overlap = text.slice(from);
  const border = longestBorder(overlap);
  if (border >= overlap.length / 5) return false;
  const { words, letters, unspaced, formal } = measure(overlap);
  if (formal && border > 0) return false;
  if (saysTwice(text, from, border)) return false;
  if (from === 0 && overlap.length >= toldAnewAfterBreak) return true;
  // A line, a row or a stanza may be there twice; but no line ends within a word.
  if (joint.kind === 'break' && !splitsWord) return false;
  const isMany = words >= 6 && letters >= 30;
  if (splitsWord && joint.kind === 'break') return isMany;
  if (formal && splitsWord) return words >= 3 && letters >= 12;
  if (formal) return isMany && !hasLikeBefore(text, from);
  if (unspaced * 2 > letters) return letters >= 12 && !hasLikeBefore(text, from);
  if (joint.kind === 'glued' && !joint.stripped) {
    return words >= 2 ? letters >= 6 : splitsWord && letters >= 5 && letters === overlap.length;
  }
  if (border >= 3 || hasLikeBefore(text, from)) return false;
  // No sentence begins in the middle of one.
  const beginsWithin = begins.has(from) && joint.capital && !/[.!?:…"]$/.test(text);
  if (beginsWithin && !joint.stripped) return words >= 3 && letters >= 10;
  return words >= 4 && letters >= 16;
}

/** Whether so much agreement with the beginning of the answer means that it is being told anew. */
export function isToldAnew(agreed: string, joint: Joint, { text }: Folded): boolean {
  if (agreed.length < toldAnewGlued) return false;
  // A refrain that has come back once comes back again.
  if (text.includes(agreed.slice(0, sameBeginning), 1)) return false;
  const { words, letters, formal, unspaced } = measure(agreed);
  if (joint.kind === 'break' || formal) return agreed.length >= toldAnewAfterBreak;
  if (agreed.length >= (unspaced * 2 > letters ? toldAnew / 2 : toldAnew)) return true;
  return joint.kind === 'glued' && !joint.stripped && words >= 4;
}
