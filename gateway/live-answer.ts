import type { AnswerPiece } from '../activities/index.js';
import type { Attempt } from '../contracts/attempt.js';
import type { AnswerDelta, ChatAnswer } from '../contracts/chat.js';

/** Who wrote a piece: another model, attempt or call is another author. */
const authorOf = ({ model, attempt, call }: AnswerPiece): string =>
  `${model} ${String(attempt)} ${String(call)}`;

/** Why the words of the one author are not the beginning of an answer. */
export type Broken = { why: 'cut'; attempt: Attempt } | { why: 'replaced' };

/**
 * An answer while it is written in this process: the words of one author, kept from the first one on, for any number of
 * readers.
 */
export class LiveAnswer {
  readonly #deltas: AnswerDelta[] = [];
  /** The words so far, by choice. */
  readonly #told = new Map<number, string>();
  #author: string | undefined;
  #model: string | undefined;
  #broken: Broken | undefined;
  #waiting: (() => void)[] = [];

  /** A piece came. Those of a second author are not kept: a stream has one. */
  readonly heard = (piece: AnswerPiece): void => {
    const author = authorOf(piece);
    this.#author ??= author;
    this.#model ??= piece.model;
    if (author !== this.#author) this.#broken ??= { why: 'replaced' };
    else this.#keep(piece.delta);
    this.wake();
  };

  /** An attempt failed; the author's was the last that it will say. */
  readonly failed = (attempt: Attempt): void => {
    if (this.#model !== attempt.model) return;
    this.#broken ??= { why: 'cut', attempt };
    this.wake();
  };

  /** The model whose words are heard; undefined before the first. */
  get model(): string | undefined {
    return this.#model;
  }

  /** Set once what was heard will not be continued. */
  get broken(): Broken | undefined {
    return this.#broken;
  }

  /** Whether this answer is the one whose beginning was heard. */
  begins({ text, furtherChoices = [] }: ChatAnswer): boolean {
    const texts = [text, ...furtherChoices.map((choice) => choice.text)];
    return [...this.#told].every(([choice, told]) => texts[choice]?.startsWith(told) === true);
  }

  /** Reads the answer from its first word. */
  reader(): LiveReader {
    let read = 0;
    return {
      take: () => {
        const news = this.#deltas.slice(read);
        read = this.#deltas.length;
        return news;
      },
      next: async () => {
        if (read < this.#deltas.length || this.#broken !== undefined) return;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      },
    };
  }

  /** Lets readers look up, since something else happened that they wait for. */
  readonly wake = (): void => {
    for (const wake of this.#waiting.splice(0)) wake();
  };

  #keep(delta: AnswerDelta): void {
    this.#deltas.push(delta);
    if (delta.type === 'text') {
      this.#told.set(delta.choice, (this.#told.get(delta.choice) ?? '') + delta.text);
    }
  }
}

/** One reader's place in a {@link LiveAnswer}. */
export interface LiveReader {
  /** What came since the last call. */
  take(): AnswerDelta[];
  /** Resolves at the next piece, at the end of the author's words, or at {@link LiveAnswer.wake}. */
  next(): Promise<void>;
}
