/** What models do when they are asked to go on, in the simplest form that shows it. */

/** A text, cut at some place: what the client has, and what is missing. */
export interface Cut {
  delivered: string;
  rest: string;
}

export interface Behaviour {
  name: string;
  /** What the model writes; undefined where the cut leaves it nothing to do so with. */
  writes(cut: Cut): string | undefined;
  /** What the client should have in the end; absent: the text that was cut. */
  wanted?(cut: Cut, written: string): string;
  /** It repeats nothing: whatever of it is missing in the end was cut out by mistake. */
  repeatsNothing?: true;
}

/** The pieces that a model begins anew with; each is a beginning of what it repeats. */
const lastWord = /\S+\s*$/;
const lastSentence = /(?:^|(?<=[.!?。!?:;]["”)]?\s+|[。!?:;]|\n))[^.!?。!?\n]*[.!?。!?]*\s*$/u;
const lastParagraph = /(?:^|(?<=\n\n))(?:(?!\n\n)[^])*\s*$/;

function from(delivered: string, piece: RegExp): string | undefined {
  const found = piece.exec(delivered)?.[0];
  return found === undefined || found.trim() === '' ? undefined : found;
}

const repeating = (
  name: string,
  piece: RegExp,
  change = (repeated: string): string => repeated,
): Behaviour => ({
  name,
  writes: ({ delivered, rest }) => {
    const repeated = from(delivered, piece);
    return repeated === undefined ? undefined : change(repeated) + rest;
  },
});

const elsewhere =
  'In any case, there are several other aspects worth a look, and none of them has been mentioned above.';

const typographic = (text: string): string =>
  text.replaceAll('"', '“').replaceAll("'", '’').replaceAll(' - ', ' – ').toUpperCase();

const opening = 'Sure, continuing where I left off:\n\n';

export const behaviours: readonly Behaviour[] = [
  { name: 'goes on exactly', writes: ({ rest }) => rest, repeatsNothing: true },
  {
    name: 'goes on, without the white space before it',
    writes: ({ rest }) => rest.trimStart(),
    repeatsNothing: true,
  },
  repeating('repeats the last word', lastWord),
  repeating('repeats the last sentence or line', lastSentence),
  repeating('repeats the last paragraph', lastParagraph),
  { name: 'tells it all anew', writes: ({ delivered, rest }) => delivered + rest },
  repeating('an opening phrase, then the last sentence', lastSentence, (text) => opening + text),
  repeating('"...", then the last sentence', lastSentence, (text) => `...${text}`),
  {
    name: 'the last sentence in quotation marks',
    writes: ({ delivered, rest }) => {
      const repeated = from(delivered, lastSentence)?.trimEnd();
      const blank = /\s*$/.exec(delivered)?.[0] ?? '';
      return repeated === undefined ? undefined : `"${repeated}"${blank}${rest}`;
    },
  },
  repeating('the last sentence, white space changed', lastSentence, (text) =>
    text.replaceAll(/\s+/g, (blank) => (blank.includes('\n') ? ' ' : '\n')),
  ),
  repeating('the last sentence, quotes and case changed', lastSentence, typographic),
  {
    name: 'tells it anew, then in other words',
    writes: ({ delivered }) =>
      `${delivered.slice(0, Math.ceil(delivered.length * 0.8))} whereupon all of it was told otherwise.`,
    wanted: ({ delivered }) => delivered,
  },
  {
    name: 'goes on elsewhere',
    writes: () => elsewhere,
    wanted: ({ delivered }, written) => delivered + written,
    repeatsNothing: true,
  },
  {
    name: 'an opening phrase, and no overlap',
    writes: ({ rest }) => `Sure, here you go. ${rest}`,
    wanted: ({ delivered }, written) => delivered + written,
    repeatsNothing: true,
  },
];
