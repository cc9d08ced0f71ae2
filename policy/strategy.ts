/** One rule; any one of its tests is enough. */
export interface SelectionRule {
  strategy: string;
  /** Words, one of which is in the text. */
  anyOf?: readonly string[];
  /** The text has fewer words than this. */
  fewerWordsThan?: number;
  /** The request asks for a low budget. */
  budget?: 'low';
}

/** Rules in their order: the first that matches decides. */
export interface SelectionRules {
  /** Whether a word counts inside other words too (`code` in `decoder`). */
  match: 'substring' | 'word';
  rules: readonly SelectionRule[];
  /** The strategy when no rule matches. */
  otherwise: string;
}

/** What a strategy is chosen by. */
export interface SelectionInput {
  /** What the user said last. */
  text: string;
  budget?: 'low' | undefined;
}

export interface Selection {
  strategy: string;
  /** Why, as the rest of a sentence: `the task mentions "write"`. */
  because: string;
}

/** The rules that are shipped, by name. */
export const selectionPresets = {
  classic: {
    match: 'substring',
    rules: [
      { anyOf: ['code', 'programming'], strategy: 'coding' },
      { anyOf: ['creative', 'write', 'story'], strategy: 'creative' },
      { anyOf: ['analyze', 'research'], strategy: 'analysis' },
      { budget: 'low', fewerWordsThan: 50, strategy: 'fast_cheap' },
    ],
    otherwise: 'high_quality',
  },
  // Whole words, so that more of them can be listed without catching others ("sql" in "nosql", "story" in "history").
  current: {
    match: 'word',
    rules: [
      {
        anyOf: [
          ...['code', 'coding', 'codebase', 'programming', 'script', 'function'],
          ...['algorithm', 'bug', 'bugs', 'debug', 'refactor', 'compile', 'compiler', 'regex', 'unit test'],
          ...[
            'unit tests',
            'stack trace',
            'pull request',
            'sql',
            'python',
            'javascript',
            'typescript',
            'java',
          ],
          ...['rust', 'golang', 'kotlin', 'c++', 'c#', 'html', 'css', 'bash', '```'],
        ],
        strategy: 'coding',
      },
      {
        anyOf: [
          ...['creative', 'creatively', 'story', 'stories', 'poem', 'poems', 'poetry', 'haiku', 'limerick'],
          ...[
            'lyrics',
            'song',
            'novel',
            'screenplay',
            'dialogue',
            'fiction',
            'slogan',
            'slogans',
            'brainstorm',
          ],
        ],
        strategy: 'creative',
      },
      {
        anyOf: [
          ...['analyze', 'analyse', 'analysis', 'research', 'compare', 'comparison', 'evaluate', 'assess'],
          ...['investigate', 'pros and cons', 'trade-offs', 'root cause', 'implications'],
        ],
        strategy: 'analysis',
      },
      { budget: 'low', fewerWordsThan: 50, strategy: 'fast_cheap' },
    ],
    otherwise: 'high_quality',
  },
} as const satisfies Record<string, SelectionRules>;

/** Chooses a strategy. Pure; letter case does not matter. The name is not looked up: that is the config's business. */
export function selectStrategy(
  input: SelectionInput,
  { match, rules, otherwise }: SelectionRules,
): Selection {
  for (const rule of rules) {
    const because = whyMatches(rule, input, match);
    if (because !== undefined) return { strategy: rule.strategy, because };
  }
  return { strategy: otherwise, because: 'no rule matches the task' };
}

/** Words of a text: what white space separates. */
export function countWords(text: string): number {
  return text.split(/\s+/u).filter((word) => word !== '').length;
}

function whyMatches(
  { anyOf = [], fewerWordsThan, budget }: SelectionRule,
  input: SelectionInput,
  match: SelectionRules['match'],
): string | undefined {
  const text = input.text.toLowerCase();
  const found = anyOf.find((word) => mentions(text, word.toLowerCase(), match));
  if (found !== undefined) return `the task mentions "${found}"`;
  if (budget !== undefined && input.budget === budget) return 'the budget is low';
  if (fewerWordsThan !== undefined && countWords(input.text) < fewerWordsThan) {
    return `the task has fewer than ${String(fewerWordsThan)} words`;
  }
  return undefined;
}

const wordCharacter = /[\p{L}\p{N}_]/u;

function mentions(text: string, word: string, match: SelectionRules['match']): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (
      match === 'substring' ||
      (isEdge(text, at - 1, word[0]) && isEdge(text, at + word.length, word.at(-1)))
    ) {
      return true;
    }
  }
  return false;
}

/** Whether a word ends beside this place: what stands there is no letter, or the word's own end is none (`c++`). */
function isEdge(text: string, place: number, end: string | undefined): boolean {
  const beside = text[place];
  return beside === undefined || !wordCharacter.test(beside) || end === undefined || !wordCharacter.test(end);
}
