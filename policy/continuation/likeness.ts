import { isUnspaced } from './folded.js';

/** How much a text repeats itself by its own nature. All texts here are folded. */

export interface Measure {
  /** Different ones. */
  words: number;
  letters: number;
  /** Letters of scripts without blanks. */
  unspaced: number;
  /** Code, tables, formulas, verse in marks: rows of it are alike. */
  formal: boolean;
}

export function measure(text: string): Measure {
  const letters = text.match(/\p{L}/gu) ?? [];
  const plain = letters.length + (text.match(/[\p{M} ]/gu)?.length ?? 0);
  return {
    words: new Set(text.match(/[\p{L}\p{M}]+/gu)).size,
    letters: letters.length,
    unspaced: letters.filter(isUnspaced).length,
    formal: plain < 0.9 * text.length,
  };
}

/** Length of the longest end of a text that is its beginning as well ("ha ha ha", "one by one"); white space does not count. */
export function longestBorder(text: string): number {
  const fallback = new Uint32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at += 1) {
    while (length > 0 && text[at] !== text[length]) length = fallback[length - 1] ?? 0;
    if (text[at] === text[length]) length += 1;
    fallback[at] = length;
  }
  return text.slice(0, length).trim().length;
}

/** So much of what stands before a piece, were it the same as its end, is no accident. */
const noAccident = 3;

/**
 * True where the text itself seems to go round from this place on: what stands before it is how it ends ("new year to
 * you, happy | new year to you, happy"), or it has said this twice in a row before.
 * @param border As {@link longestBorder} of what begins there: a second round may have begun already.
 */
export function saysTwice(text: string, from: number, border: number): boolean {
  const piece = text.slice(from);
  const round = piece.slice(0, piece.length - border);
  const before = text.slice(0, from);
  if (sameEnd(before, piece) >= noAccident || sameEnd(before, round) >= noAccident) return true;
  return text.includes(piece + piece) || text.includes(`${piece} ${piece}`);
}

/** How many visible units two texts have in common at their ends. */
function sameEnd(one: string, other: string): number {
  const [left, right] = [one.trimEnd(), other.trimEnd()];
  const most = Math.min(left.length, right.length);
  let same = 0;
  while (same < most && left[left.length - 1 - same] === right[right.length - 1 - same]) same += 1;
  return left.slice(left.length - same).replaceAll(' ', '').length;
}

/** How much of a beginning makes it the same one. */
const head = 12;

/** True where the text has begun something like this before: the rows of a table, the lines of a song, a log. */
export function hasLikeBefore(text: string, from: number): boolean {
  const at = text.indexOf(text.slice(from, from + head));
  return at !== -1 && at < from;
}
