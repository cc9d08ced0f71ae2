import type { AnswerChoice, AnswerDelta, ChatAnswer } from '../contracts/chat.js';

/** What was told of one choice. */
interface ToldChoice {
  text: string;
  refusal: string;
  reasoning: string;
  /** The arguments of each tool call, by its index. */
  calls: Map<number, string>;
}

type Choice = Pick<AnswerChoice, 'text' | 'refused' | 'reasoning' | 'toolCalls'>;

/** What was told of an answer, to be compared with the one that is recorded. */
export class ToldAnswer {
  readonly #choices = new Map<number, ToldChoice>();

  add(delta: AnswerDelta): void {
    const told = this.#choices.get(delta.choice) ?? untold();
    this.#choices.set(delta.choice, told);
    if (delta.type === 'tool_call') {
      told.calls.set(delta.index, (told.calls.get(delta.index) ?? '') + delta.arguments);
    } else told[delta.type] += delta.text;
  }

  /** Of the first choice's text; UTF-16 units. */
  get characters(): number {
    return this.#choices.get(0)?.text.length ?? 0;
  }

  /** Whether the text is the beginning of this answer's. */
  begins(answer: ChatAnswer): boolean {
    return this.#every(answer, ({ text }, choice) => choice.text.startsWith(text));
  }

  /** Whether the refusal, thoughts and tool calls that were told are those of this answer, none of them half told. */
  isWholeBesidesText(answer: ChatAnswer): boolean {
    return this.#every(answer, (told, choice) => {
      const { text, refused = false, reasoning = [], toolCalls = [] } = choice;
      const thoughts = reasoning.map((block) => block.text).join('');
      const calls = [...told.calls].sort(([one], [other]) => one - other);
      return (
        (told.refusal === '' || (refused && text === told.refusal)) &&
        thoughts.startsWith(told.reasoning) &&
        calls.every(([, told], at) => told === '' || toolCalls[at]?.arguments === told)
      );
    });
  }

  #every(answer: ChatAnswer, holds: (told: ToldChoice, choice: Choice) => boolean): boolean {
    const choices: Choice[] = [answer, ...(answer.furtherChoices ?? [])];
    return [...this.#choices].every(([at, told]) => {
      const choice = choices[at];
      return choice !== undefined && holds(told, choice);
    });
  }
}

const untold = (): ToldChoice => ({ text: '', refusal: '', reasoning: '', calls: new Map<number, string>() });
