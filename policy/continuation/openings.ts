/** What models say before they go on, although asked not to. Left out only where an overlap follows it. */
const phrases = [
  'sure',
  'certainly',
  'of course',
  'absolutely',
  'okay',
  'ok',
  'alright',
  'understood',
  'got it',
  'sorry',
  'apologies',
  'my apologies',
  'here is',
  "here's",
  'i will continue',
  "i'll continue",
  'let me continue',
  'to continue',
  'continuing',
  'continued',
  'continuation',
  'picking up',
  'resuming',
] as const;

/** An opening is a sentence or two; what is longer is an answer. */
const longestOpening = 120;

/** Marks that a repeated piece is wrapped in or announced with; a single full stop ends a sentence. */
const wrapping = /(?:["'“”„‘’«»`*_>…]|\.\.\.)$/;

/** What the beginning of a continuation, of whatever length, may be. */
export type OpeningState =
  /** No opening, or none any more. */
  | 'none'
  /** It may be one, or may become one. */
  | 'open'
  /** One is complete with this last unit; what comes next may be a repetition. It may go on as well. */
  | 'ended';

/** Looks at the first units of a continuation; asked again after each further one. */
export function openingState(beginning: string): OpeningState {
  if (beginning.length > longestOpening) return 'none';
  const said = beginning.replace(leadingMarks, '').toLowerCase().replaceAll('’', "'");
  if (said === '') return wrapping.test(beginning) ? 'ended' : 'open';
  // Each sentence of it must be one of those.
  const sentences = said.split(/[:.!…\n]+/).map((sentence) => sentence.replace(leadingMarks, ''));
  const open = sentences.at(-1) ?? '';
  if (sentences.some((sentence) => !isPhrase(sentence))) return 'none';
  return open === '' || phrases.some((phrase) => open === `${phrase},`) ? 'ended' : 'open';
}

const leadingMarks = /^[\s"'“”„‘’«»`*_>….[\](—-]+/;

function isPhrase(said: string): boolean {
  return phrases.some(
    (phrase) =>
      phrase.startsWith(said) || (said.startsWith(phrase) && !/\p{L}/u.test(said.charAt(phrase.length))),
  );
}

/** The mark that closes what this one opened; undefined for what is no quotation mark. */
export function closingOf(mark: string | undefined): string | undefined {
  return mark === undefined ? undefined : pairs[mark];
}

const pairs: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '“': '”',
  '„': '“',
  '‘': '’',
  '«': '»',
  '»': '«',
  '`': '`',
};
