import {
  array,
  assert,
  constantFrom,
  integer,
  oneof,
  property,
  string,
  tuple,
  type Arbitrary,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined, Seam } from '../../../policy/continuation/index.js';
import { behaviours } from '../../load/seam-behaviours.js';
import { countAll, isProse, seamTexts } from '../../load/measure-seams.js';

const how = constantFrom('prefill' as const, 'instruction' as const);

/** Words and marks of which few are different, so that texts overlap by themselves. */
const words = array(
  constantFrom(
    'fox',
    'the',
    'very',
    'quick',
    'a',
    ' ',
    ' ',
    ' ',
    '\n',
    '. ',
    ', ',
    '"',
    '|',
    '研',
    '究',
    '👩‍🚀',
    'É',
  ),
  { maxLength: 40 },
).map((pieces) => pieces.join(''));

const text: Arbitrary<string> = oneof(
  words,
  string({ unit: 'binary', maxLength: 40 }),
  constantFrom(...seamTexts().map((each) => each.text)).chain((whole) =>
    integer({ min: 0, max: whole.length }).map((end) => whole.slice(0, end)),
  ),
);

/** What was delivered, and a continuation that repeats some of its end or all of it, with something around. */
const cut: Arbitrary<[string, string]> = tuple(
  text,
  constantFrom('', '', '', 'Sure, continuing:\n', '"', '...', ' '),
  integer({ min: 0, max: 200 }),
  words,
).map(([delivered, opening, repeated, rest]) => [
  delivered,
  opening + delivered.slice(repeated === 200 ? 0 : Math.max(0, delivered.length - repeated)) + rest,
]);

const visible = (any: string): string => any.replaceAll(/\s/g, '');

describe('whatever is continued', () => {
  it('the client gets the same, however the continuation comes in pieces', () => {
    assert(
      property(
        cut,
        how,
        array(integer({ min: 1, max: 9 }), { minLength: 1 }),
        ([delivered, written], asked, sizes) => {
          const seam = new Seam(delivered, asked);
          let seen = delivered;
          for (let at = 0, piece = 0; at < written.length; piece += 1) {
            const size = sizes[piece % sizes.length] ?? 1;
            seen += seam.feed(written.slice(at, at + size));
            at += size;
          }
          seen += seam.end();
          const whole = joined(delivered, written, asked);
          expect(seen).toBe(whole.text);
          expect(seam.overlapCut).toBe(whole.overlapCut);
          expect(seam.state === 'restarted').toBe(whole.restarted);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('it is what the model wrote, less something at its beginning: nothing is invented or lost in the middle', () => {
    assert(
      property(cut, how, ([delivered, written], asked) => {
        const seen = joined(delivered, written, asked);
        expect(seen.text.startsWith(delivered)).toBe(true);
        const passed = visible(seen.text.slice(delivered.length));
        expect(visible(written).endsWith(passed)).toBe(true);
        if (seen.restarted) expect(passed).toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('texts of many kinds, cut in many places', () => {
  const texts = seamTexts();

  it.each(behaviours)('$name: nothing is lost', (behaviour) => {
    for (const asked of ['prefill', 'instruction'] as const) {
      const { seams, lostAt } = countAll(texts, behaviour, asked, 41);
      expect(seams).toBeGreaterThan(300);
      expect(lostAt).toEqual([]);
    }
  });

  it.each([
    ['goes on exactly', 1],
    ['repeats the last paragraph', 0.9],
    ['tells it all anew', 0.9],
  ])('prose, %s: at least %d of the seams are clean', (name, least) => {
    const behaviour = behaviours.find((each) => each.name === name);
    if (behaviour === undefined) throw new Error(`no behaviour ${name}`);
    const { seams, clean } = countAll(texts.filter(isProse), behaviour, 'instruction', 41);
    expect(clean / seams).toBeGreaterThanOrEqual(least);
  });
});
