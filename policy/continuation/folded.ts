/**
 * Text as it is compared: a model that repeats itself changes white space, quotes, dashes and case before it changes
 * words. Each unit folds to one unit, so that places can be told in both.
 */

const quotes = /["“”„‟«»]/;
const apostrophes = /['’‘‚‛′`]/;
const dashes = /[‐‑‒–—−]/;

/** One UTF-16 unit, folded; white space of any kind is one blank. */
export function foldUnit(unit: string): string {
  if (unit >= 'a' && unit <= 'z') return unit;
  if (isBlank(unit)) return ' ';
  if (quotes.test(unit)) return '"';
  if (apostrophes.test(unit)) return "'";
  if (dashes.test(unit)) return '-';
  const lower = unit.toLowerCase();
  return lower.length === 1 ? lower : unit;
}

/** A whole text as it is compared. */
export interface Folded {
  /** Runs of white space are one blank, and there is none at the ends. */
  text: string;
  /** Where lines and sentences begin in it. */
  begins: ReadonlySet<number>;
}

export function folded(text: string): Folded {
  const units: string[] = [];
  const begins = new Set<number>([0]);
  let gap = '';
  for (let at = 0; at < text.length; at += 1) {
    const unit = foldUnit(text.charAt(at));
    if (unit === ' ') {
      gap += text.charAt(at);
      continue;
    }
    const isNext = gap.includes('\n') || (gap !== '' && /[.!?:…"]/.test(units.at(-1) ?? ''));
    if (gap !== '' && units.length > 0) units.push(' ');
    if (isNext || /[。！？]/.test(units.at(-1) ?? '')) begins.add(units.length);
    gap = '';
    units.push(unit);
  }
  return { text: units.join(''), begins };
}

export function isBlank(unit: string): boolean {
  return /\s/.test(unit);
}

/** A letter, a mark on one, or a digit. */
export function isWordUnit(unit: string | undefined): boolean {
  return unit !== undefined && /[\p{L}\p{M}\p{N}]/u.test(unit);
}

/** Scripts that are written without blanks between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** A letter of a script that is written without blanks between words. */
export function isUnspaced(unit: string | undefined): boolean {
  return unit !== undefined && unspaced.test(unit);
}

/** True where a word, an opening mark or, in scripts without blanks, a letter begins in a folded text. */
export function beginsWord(text: string, at: number): boolean {
  const unit = text[at];
  if (unit === undefined || unit === ' ' || /[\uDC00-\uDFFF]/.test(unit)) return false;
  // Nobody begins anew with what ends something.
  if (/[.,;:!?…)\]}>%。、，！？：；）」』]/.test(unit)) return false;
  return !isWordUnit(unit) || !isWordUnit(text[at - 1]) || isUnspaced(unit);
}
