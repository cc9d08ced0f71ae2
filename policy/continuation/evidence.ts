import type { ContinuationHow } from '../../contracts/continuation.js';
import { isUnspaced } from './folded.js';

/**
 * When a beginning that equals the end of the delivered text is a repetition, and when the text itself goes on with the
 * same words ("very | very good"). To cut the latter loses words, which is worse than to leave the former in: so the
 * question asked is always how likely the text would be if nothing had been repeated.
 */

/** How the two texts meet, were they simply put together. */
export interface Joint {
  how: ContinuationHow;
  /** `glued`: word against word, as within a word. `spaced`: white space between them. `break`: a new line. `other`: marks. */
  kind: 'glued' | 'spaced' | 'break' | 'other';
  /** Something was passed over before the overlap: an opening phrase, a quotation mark. */
  stripped: boolean;
}

export interface Overlap {
  /** Folded, as in folded.ts. */
  text: string;
  /** It is all that was delivered. */
  whole: boolean;
  /** The delivered text ended within a word that the continuation finishes. */
  splitsWord: boolean;
}

/** Agreement with the beginning of the answer from which on it is being told anew, in folded units. */
const toldAnew = 120;

/** The same where the texts could not meet like this in a text that simply goes on. */
const toldAnewGlued = 24;

/** The same where a stanza or a section may well begin like the first one. */
const toldAnewAfterBreak = 200;

/** Whether an overlap is a repetition beyond reasonable doubt. @param delivered Folded. */
export function isRepetition(overlap: Overlap, joint: Joint, delivered: string): boolean {
  const { text, whole, splitsWord } = overlap;
  if (isPeriodic(text) || hasTwice(delivered, text)) return false;
  if (whole && text.length >= toldAnewAfterBreak) return true;
  // A line, a row or a stanza may be there twice; but no line ends within a word.
  if (joint.kind === 'break' && !splitsWord) return false;
  const { words, letters, unspaced, formal } = measure(text);
  if (formal) return words >= 6 && letters >= 30;
  if (unspaced * 2 > letters) return letters >= 12;
  if (joint.kind === 'glued' && !joint.stripped) {
    if (words >= 2) return letters >= 6;
    return joint.how === 'instruction' && letters >= 5 && letters === text.length;
  }
  if (joint.kind === 'spaced' && !joint.stripped) return words >= 4 && letters >= 16;
  return words >= 3 && letters >= 12;
}

/** Whether so much agreement with the beginning of the answer means that it is being told anew. */
export function isToldAnew(agreed: string, joint: Joint): boolean {
  if (agreed.length < toldAnewGlued) return false;
  const { words, letters, formal, unspaced } = measure(agreed);
  if (joint.kind === 'break' || formal) return agreed.length >= toldAnewAfterBreak;
  if (agreed.length >= (unspaced * 2 > letters ? toldAnew / 2 : toldAnew)) return true;
  return joint.kind === 'glued' && !joint.stripped && words >= 4;
}

interface Measure {
  words: number;
  letters: number;
  /** Letters of scripts without blanks. */
  unspaced: number;
  /** Code, tables, formulas: marks make up a good part of it, and rows of it are alike. */
  formal: boolean;
}

function measure(text: string): Measure {
  const letters = [...text.matchAll(/\p{L}/gu)];
  const plain = letters.length + [...text.matchAll(/[\p{M} ]/gu)].length;
  return {
    words: [...text.matchAll(/[\p{L}\p{M}]+/gu)].length,
    letters: letters.length,
    unspaced: letters.filter(([letter]) => isUnspaced(letter)).length,
    formal: plain < 0.8 * [...text].length,
  };
}

/** True where a text is one unit again and again ("ha ha ha", "one by one by"), the last time perhaps not in full. */
function isPeriodic(text: string): boolean {
  const spaced = `${text} `;
  for (let period = 1; period * 2 <= spaced.length; period += 1) {
    if (spaced.startsWith(spaced.slice(period)) || text.startsWith(text.slice(period))) return true;
  }
  return false;
}

/** True where the text itself says this twice in a row: it may well say it once more. */
function hasTwice(delivered: string, text: string): boolean {
  return delivered.includes(text + text) || delivered.includes(`${text} ${text}`);
}
