/**
 * White space where two texts meet.
 */

/**
 * What is left of the white space `next` of a continuation that stands in the place of `had`, which the client has
 * already: after a prefill, which was sent without it, and after an overlap.
 */
export function whiteSpaceLeft(had: string, next: string): string {
  if (next.startsWith(had)) return next.slice(had.length);
  if (had.startsWith(next)) return '';
  // A new line was wanted where a blank is, or the other way round: the larger break is right.
  return next.includes('\n') ? next : '';
}

/**
 * What is put in place of the white space `next` at the beginning of a continuation that repeats nothing. Lines, code and
 * tables are kept as they are; in prose a doubled blank is one, and a missing one is put in where the text has the habit.
 * @param first The first character after it; absent where nothing follows.
 */
export function plainJoint(delivered: string, next: string, first: string | undefined): string {
  if (first === undefined || isVerbatim(delivered)) return next;
  if (next === ' ' && /\S $/.test(delivered)) return '';
  return next === '' && lacksBlank(delivered, first) ? ' ' : next;
}

/** True within code, and in a row of a table: there, blanks mean something. */
function isVerbatim(delivered: string): boolean {
  const fences = delivered.match(/^[ \t]*(?:```|~~~)/gm)?.length ?? 0;
  if (fences % 2 === 1) return true;
  const line = delivered.slice(delivered.lastIndexOf('\n') + 1);
  if (/^(?:\t| {4}|\s*\|)/.test(line)) return true;
  return (line.match(/`/g)?.length ?? 0) % 2 === 1 || (line.match(/\$/g)?.length ?? 0) % 2 === 1;
}

/** How often a text must have shown its habit. */
const habit = 3;

/**
 * Whether a blank is missing beyond doubt: a sentence or a clause has ended, this text always has a blank there, and
 * what comes next begins as the next one would.
 */
function lacksBlank(delivered: string, first: string): boolean {
  const [, word = '', mark = ''] = /(?:^|[\s("'])(\p{Ll}{3,})([.!?,;])$/u.exec(delivered.slice(-60)) ?? [];
  if (word === '') return false;
  const isClause = mark === ',' || mark === ';';
  if (isClause ? !/\p{L}/u.test(first) : !/\p{Lu}/u.test(first)) return false;
  const glued = new RegExp(`\\p{L}[${mark}]\\p{L}`, 'gu');
  const spaced = new RegExp(`\\p{L}[${mark}]\\s`, 'gu');
  return !glued.test(delivered) && (delivered.match(spaced)?.length ?? 0) >= habit;
}
