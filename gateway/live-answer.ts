import type { AnswerPiece } from '../activities/index.js';
import type { Attempt } from '../contracts/attempt.js';
import type { AnswerDelta, ChatAnswer } from '../contracts/chat.js';
import type { Continuation } from '../contracts/continuation.js';
import { ToldAnswer } from './told-answer.js';

/** Who wrote a piece: another model, attempt or call is another author. */
const authorOf = ({ model, attempt, call }: AnswerPiece): string =>
  `${model} ${String(attempt)} ${String(call)}`;

/** Why the words so far are not the beginning of an answer. */
export type Broken = { why: 'cut'; attempt: Attempt } | { why: 'replaced' };

/** What is heard: words, or that somebody else goes on from them. */
export type Heard = AnswerDelta | { type: 'continued'; continuation: Continuation };

/**
 * An answer while it is written in this process: the words of one author, and of those who went on from them, kept from
 * the first one on, for any number of readers.
 */
export class LiveAnswer {
  readonly #heard: Heard[] = [];
  readonly #told = new ToldAnswer();
  #author: string | undefined;
  #model: string | undefined;
  #broken: Broken | undefined;
  #waiting: (() => void)[] = [];

  /** A piece came. Those of a second author are not kept unless they go on from what was heard: a stream has one. */
  readonly heard = (piece: AnswerPiece): void => {
    const author = authorOf(piece);
    this.#author ??= author;
    this.#model ??= piece.model;
    if (author !== this.#author) this.#change(author, piece);
    if (author === this.#author) this.#keep(piece.delta);
    this.wake();
  };

  /** An attempt failed. `broken`: nobody will go on from what it had said. */
  readonly failed = (attempt: Attempt, broken?: string): void => {
    if (this.#model === undefined || broken === undefined) return;
    this.#broken ??= { why: 'cut', attempt };
    this.wake();
  };

  /** The model whose words are heard at last; undefined before the first. */
  get model(): string | undefined {
    return this.#model;
  }

  /** Of the text that was heard; UTF-16 units. */
  get characters(): number {
    return this.#told.characters;
  }

  /** Set once what was heard will not be continued. */
  get broken(): Broken | undefined {
    return this.#broken;
  }

  /**
   * Whether this answer is the one that was heard.
   * @param here Its call was made, and recorded, in this process: then what was heard last is its.
   */
  isOf(answer: ChatAnswer, here: boolean): boolean {
    return this.#told.begins(answer) && (here || this.#told.isWholeBesidesText(answer));
  }

  /** Reads the answer from its first word. */
  reader(): LiveReader {
    let read = 0;
    return {
      take: () => {
        const news = this.#heard.slice(read);
        read = this.#heard.length;
        return news;
      },
      next: async () => {
        if (read < this.#heard.length || this.#broken !== undefined) return;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      },
    };
  }

  /** Lets readers look up, since something else happened that they wait for. */
  readonly wake = (): void => {
    for (const wake of this.#waiting.splice(0)) wake();
  };

  #change(author: string, { model, continuation }: AnswerPiece): void {
    // One that goes on from another place than what was heard repeats it, or leaves something out.
    if (continuation?.atCharacters !== this.#told.characters) {
      this.#broken ??= { why: 'replaced' };
      return;
    }
    this.#author = author;
    this.#model = model;
    this.#heard.push({ type: 'continued', continuation });
  }

  #keep(delta: AnswerDelta): void {
    this.#heard.push(delta);
    this.#told.add(delta);
  }
}

/** One reader's place in a {@link LiveAnswer}. */
export interface LiveReader {
  /** What came since the last call. */
  take(): Heard[];
  /** Resolves at the next piece, at the end of the author's words, or at {@link LiveAnswer.wake}. */
  next(): Promise<void>;
}
