import fc from 'fast-check';
import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { countTokens, type CountedPiece, type Encoding } from '../../providers/token-count.js';

const whole = { cl100k_base: countCl100k, o200k_base: countO200k };
const encodings: Encoding[] = ['cl100k_base', 'o200k_base'];
const asText = { disallowedSpecial: new Set<string>() };

async function count(encoding: Encoding, text: string): Promise<CountedPiece & { pieces: number }> {
  const sum = { tokens: 0, exact: true, pieces: 0 };
  for await (const { tokens, exact } of countTokens(encoding, text)) {
    sum.tokens += tokens;
    sum.exact &&= exact;
    sum.pieces += 1;
  }
  return sum;
}

/** Words, marks, numbers and line breaks as they meet in prose, code and other scripts. */
const anyPart = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('the ', 'Fox', "don't", " I'LL", 'größer', ' naïve', '漢字', 'かな。', 'नमस्ते'),
  },
  fc.constantFrom(
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\n\n  ',
    '\t',
    ', ',
    '.',
    '。',
    '(',
    '");',
    '/',
    '\u2028',
    '\u00a0',
  ),
  fc.constantFrom('1', '2026', '😀', 'e\u0301', '\u0301', "'", '’', '<|endoftext|>', '_', '\ud800'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);

describe.each(encodings)('countTokens in %s', (encoding) => {
  it('pieces add up to the whole, whatever the text, where they are exact', async () => {
    let inPieces = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyPart, { minLength: 300, maxLength: 1_500 }), async (parts) => {
        const text = parts.join('');
        const { tokens, exact, pieces } = await count(encoding, text);
        if (exact && pieces > 1) inPieces += 1;
        if (exact) expect(tokens).toBe(whole[encoding](text, asText));
      }),
      { numRuns: 60 },
    );
    expect(inPieces).toBeGreaterThan(0);
  });

  it.each([
    ['letters without a space', 'ab'.repeat(4_000)],
    ['line breaks', '\n'.repeat(8_000)],
    ['pairs of units', '😀'.repeat(4_000)],
  ])('%s: cut anyway, said to be inexact, and close', async (_, text) => {
    const { tokens, exact, pieces } = await count(encoding, text);
    const expected = whole[encoding](text);
    expect(exact).toBe(false);
    expect(Math.abs(tokens - expected)).toBeLessThanOrEqual(2 * pieces);
  });

  it('no text has no tokens', async () => {
    expect(await count(encoding, '')).toEqual({ tokens: 0, exact: true, pieces: 0 });
  });
});

describe('countTokens', () => {
  it('lets the process do other work between the pieces of a large text', async () => {
    const text = 'The quick brown fox jumps over the lazy dog. '.repeat(33_000);
    let turns = 0;
    let counting = true;
    const turn = (): void => {
      turns += 1;
      if (counting) setImmediate(turn);
    };
    await count('o200k_base', 'loaded before the test');
    setImmediate(turn);
    const { tokens, exact, pieces } = await count('o200k_base', text);
    counting = false;
    expect(exact).toBe(true);
    expect(tokens).toBeGreaterThan(300_000);
    expect(pieces).toBeGreaterThanOrEqual(text.length / 1_002);
    expect(turns).toBeGreaterThanOrEqual(pieces - 1);
  });
});
