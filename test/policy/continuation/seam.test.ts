import { describe, expect, it } from 'vitest';
import type { ContinuationHow } from '../../../contracts/continuation.js';
import { joined, Seam } from '../../../policy/continuation/index.js';

const fox = 'The quick brown fox jumps ov';
const inWords = (delivered: string, continuation: string): string =>
  joined(delivered, continuation, 'instruction').text;

describe('a continuation', () => {
  it.each([
    ['that repeats nothing', 'er the lazy dog.'],
    ['that repeats the last words', 'jumps over the lazy dog.'],
    ['that repeats the sentence', 'The quick brown fox jumps over the lazy dog.'],
    ['in other white space', 'The  quick\nbrown fox jumps over the lazy dog.'],
    ['in another case', 'THE QUICK BROWN FOX JUMPS OVer the lazy dog.'],
    ['after an opening phrase', 'Sure! Continuing:\n\nThe quick brown fox jumps over the lazy dog.'],
    ['after dots', '...quick brown fox jumps over the lazy dog.'],
    ['in quotation marks', '"The quick brown fox jumps ov"er the lazy dog.'],
  ])('%s is joined word for word', (_, continuation) => {
    expect(inWords(fox, continuation)).toBe('The quick brown fox jumps over the lazy dog.');
  });

  it('says how much of it was left out', () => {
    expect(joined(fox, 'jumps over', 'instruction').overlapCut).toBe('jumps ov'.length);
    expect(joined(fox, 'er the', 'instruction').overlapCut).toBe(0);
  });

  it.each([
    ['a word that is there twice', 'It was very', ' very good.'],
    ['a name of two equal parts', 'An old Ber', 'ber rug.'],
    ['words again and again', 'Again and again and ', 'again and again.'],
    ['a line that is there twice', 'We all went home,\n', 'We all went home, one by one.'],
    ['a row that is there twice', '| a | b |\n| n/a | n/a |\n', '| n/a | n/a |'],
    [
      'a line that begins like the one before',
      'La la.\nHappy new year to you,\nHap',
      'Happy new year to you,\nHappy new year, dear',
    ],
    ['laughter', 'ha '.repeat(90), 'ha '.repeat(90)],
    ['a table', '| --- | --- ', '| --- | --- |'],
    ['zeros', 'x = 1000', '0000;'],
    ['a type within itself', 'Map<string, ', 'Map<string, Point>>'],
    ['an opening phrase that nothing is repeated after', 'He said: ', 'Sure, here you go. Take it.'],
    ['characters of a language that doubles them', '我们再研究', '研究吧。'],
    ['a family of emoji', '👨‍👩‍👧 ', '👨‍👩‍👧'],
  ])('loses nothing of %s', (_, delivered, continuation) => {
    expect(inWords(delivered, continuation)).toBe(delivered + continuation);
  });
});

describe('an answer that is told anew', () => {
  const story =
    'Once there was a fox who lived at the edge of a wood, and every morning he went down to the brook to drink, ' +
    'for the brook was clear. There he met a heron, who did not lik';
  const rest = 'e him.\n\nSo they kept apart.';

  it('is passed over as far as the client has it', () => {
    const { text, overlapCut, restarted } = joined(story, story + rest, 'instruction');
    expect(text).toBe(story + rest);
    expect(overlapCut).toBe(story.length);
    expect(restarted).toBe(false);
  });

  it('is reported when it becomes another one, and nothing of it passes', () => {
    const seam = new Seam(story, 'instruction');
    expect(seam.feed(story.slice(0, 130))).toBe('');
    expect(seam.state).toBe('told_anew');
    expect(seam.feed(' and was told otherwise.') + seam.feed('More.') + seam.end()).toBe('');
    expect(seam.state).toBe('restarted');
  });

  it('is reported when it ends before anything new', () => {
    expect(joined(story, story.slice(0, 150), 'instruction')).toMatchObject({ text: story, restarted: true });
  });
});

describe('white space at the joint', () => {
  it.each<[string, ContinuationHow, string, string, string]>([
    ['a doubled blank is one', 'instruction', 'the quick ', ' brown', 'the quick brown'],
    ['two blanks in code stay', 'instruction', '```\nx = ', ' 1', '```\nx =  1'],
    ['indentation stays', 'instruction', 'if a:\n    ', '    b', 'if a:\n        b'],
    ['line breaks stay', 'instruction', 'one.\n', '\ntwo', 'one.\n\ntwo'],
    ['what a prefill was sent without is not doubled', 'prefill', 'one.\n\n', '\n\nTwo.', 'one.\n\nTwo.'],
    ['nor where less of it comes', 'prefill', 'one.\n\n', '\nTwo.', 'one.\n\nTwo.'],
    ['more of it than the prefill had is kept', 'prefill', 'if a:\n', '\n    b', 'if a:\n    b'],
    ['a new line in place of a blank is kept', 'prefill', 'one. ', '\n\nTwo.', 'one. \n\nTwo.'],
    [
      'a blank that this text always has is put in',
      'instruction',
      'A fox ran. A dog ran. A cat ran. A cow stood.',
      'Then it left.',
      'A fox ran. A dog ran. A cat ran. A cow stood. Then it left.',
    ],
    [
      'but not in a name',
      'instruction',
      'A fox ran. A dog ran. A cat ran. I like Node.',
      'js most.',
      'A fox ran. A dog ran. A cat ran. I like Node.js most.',
    ],
    [
      'after an overlap, too',
      'instruction',
      'A small brown fox ran ',
      'A small brown fox ran \n\nB',
      'A small brown fox ran \n\nB',
    ],
  ])('%s', (_, how, delivered, continuation, text) => {
    expect(joined(delivered, continuation, how).text).toBe(text);
  });
});

describe('holding back', () => {
  const feed = (seam: Seam, pieces: string[]): string[] => pieces.map((piece) => seam.feed(piece));

  it('text that agrees with nothing passes with its first visible character', () => {
    expect(feed(new Seam(fox, 'instruction'), [' ', 'and', ' more'])).toEqual(['', ' and', ' more']);
  });

  it('a caller who waits no longer gets what is held back', () => {
    const seam = new Seam(fox, 'instruction');
    expect(seam.flush()).toBe('');
    expect(seam.feed('Sure, here')).toBe('');
    expect(seam.flush()).toBe('Sure, here');
    expect(seam.feed(' it is')).toBe(' it is');
  });

  it('but not what plainly repeats the text', () => {
    const long = `${fox}er the lazy dog, and then it goes on its way, si`;
    const seam = new Seam(`Well, this is how it was. ${long}`, 'instruction');
    expect(seam.feed(long.slice(0, 60)) + seam.flush() + seam.feed(`${long.slice(60)}nging.`)).toBe('nging.');
  });
});
