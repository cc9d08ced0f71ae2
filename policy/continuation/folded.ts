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

/** A whole text, folded, with runs of white space as one blank and none at its ends. */
export function folded(text: string): string {
  const units: string[] = [];
  let blank = true;
  for (let at = 0; at < text.length; at += 1) {
    const unit = foldUnit(text.charAt(at));
    if (unit === ' ' && blank) continue;
    blank = unit === ' ';
    units.push(unit);
  }
  return units.join('').trimEnd();
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

/** True where a word, a mark or, in scripts without blanks, a letter begins in a folded text. */
export function beginsWord(text: string, at: number): boolean {
  const unit = text[at];
  if (unit === undefined || unit === ' ' || /[\uDC00-\uDFFF]/.test(unit)) return false;
  const before = text[at - 1];
  return !isWordUnit(unit) || !isWordUnit(before) || isUnspaced(unit);
}
