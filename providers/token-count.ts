import { setImmediate as otherWork } from 'node:timers/promises';

/** How OpenAI's models cut text into tokens; the newer one also serves for estimates of other vendors' models. */
export type Encoding = 'cl100k_base' | 'o200k_base';

export interface CountedPiece {
  tokens: number;
  /** False when the text had to be cut where a token may span: then it is one too many at most times. */
  exact: boolean;
}

/**
 * UTF-16 units that are counted at a stretch. The time for a stretch without spaces grows with the square of its
 * length, and nothing else runs in this process meanwhile.
 */
const pieceLength = 1_000;

/**
 * Places that no token spans in either encoding, by their rules for cutting text into words: before a space or a mark
 * between two letters (the apostrophe excepted), and after the line break before a letter.
 */
const safeCut = /(?<=\p{L})[^\p{L}\p{N}\p{M}\r\n'](?=\p{L})|(?<=\n)(?=\p{L})/gu;

/**
 * Counts the tokens of a text piece by piece, so that the caller may stop early; other work of the process gets its
 * turn between the pieces. The tokenizer is loaded at the first call (about 0.3 s and 50 MB, once per process and encoding).
 */
export async function* countTokens(encoding: Encoding, text: string): AsyncGenerator<CountedPiece> {
  const tokenizer = await load(encoding);
  for (let at = 0; at < text.length;) {
    const { end, exact } = nextCut(text, at);
    // Words such as <|endoftext|> are ordinary text where providers read a message.
    const tokens = tokenizer.countTokens(text.slice(at, end), { disallowedSpecial: new Set() });
    yield { tokens, exact };
    await otherWork();
    at = end;
  }
}

async function load(encoding: Encoding) {
  const tokenizer =
    encoding === 'cl100k_base'
      ? await import('gpt-tokenizer/encoding/cl100k_base')
      : await import('gpt-tokenizer/encoding/o200k_base');
  // Its own size, 100,000, makes a text of many rare words a hundred times slower, and would keep prompts in memory.
  tokenizer.setMergeCacheSize(1_000);
  return tokenizer;
}

function nextCut(text: string, start: number): { end: number; exact: boolean } {
  const furthest = start + pieceLength;
  if (furthest >= text.length) return { end: text.length, exact: true };
  const from = start + pieceLength / 2;
  // One unit more on either side for what the places are recognised by, two where a pair of units is one letter.
  const lookedAt = text.slice(from - 2, furthest + 2);
  const last = [...lookedAt.matchAll(safeCut)]
    .map(({ index }) => from - 2 + index)
    .findLast((at) => at > start);
  if (last !== undefined) return { end: last, exact: true };
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(furthest - 1));
  return { end: splitsPair ? furthest - 1 : furthest, exact: false };
}
