import type { AnswerDelta, ChatRequest } from '../contracts/chat.js';
import type { Continuation, ContinuationHow, CutStream } from '../contracts/continuation.js';
import { Seam } from '../policy/continuation/index.js';
import { continuationRequest, type ContinuingModel } from '../providers/index.js';
import type { ModelAttempt } from './model-attempt.js';

/** Text that is held back, since it may be a repetition, is shown after so many milliseconds of silence. */
const heldBackMs = 1_000;

/** How a continuation is told while it is written: what it left out so far may grow. */
export type TellContinued = (delta: AnswerDelta, continuation: Continuation) => void;

/** One provider call that goes on from a text which the client has. */
export class GoingOn {
  readonly #seam: Seam;
  readonly #stop = new AbortController();
  /** What the client got of it. */
  #passed = '';
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    readonly request: ChatRequest,
    readonly how: ContinuationHow,
    private readonly cut: CutStream,
    private readonly model: string,
    private readonly tell: TellContinued,
  ) {
    this.#seam = new Seam(cut.delivered.text, how);
  }

  /** @param upstream The model that is asked, as its provider knows it. */
  static async from(
    cut: CutStream,
    model: string,
    request: ChatRequest,
    upstream: ContinuingModel,
    how: ContinuationHow,
    tell: TellContinued,
  ): Promise<GoingOn> {
    const asked = await continuationRequest(request, cut.delivered.text, upstream, how);
    return new GoingOn(asked.request, how, cut, model, tell);
  }

  /** Aborts when the model turns out to write another answer. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  get continuation(): Continuation {
    const { model: from, because, delivered } = this.cut;
    const { overlapCut } = this.#seam;
    return { from, to: this.model, because, how: this.how, atCharacters: delivered.text.length, overlapCut };
  }

  /** Takes a piece as it comes. Thoughts are not told: the client is past them. */
  hear(delta: AnswerDelta): void {
    clearTimeout(this.#timer);
    if (delta.type === 'reasoning') return;
    if (delta.type === 'text') {
      this.#pass(this.#seam.feed(delta.text));
      this.#timer = setTimeout(() => this.#pass(this.#seam.flush()), heldBackMs);
    } else {
      this.#pass(this.#seam.end());
      if (!this.#stop.signal.aborted) this.tell(delta, this.continuation);
    }
    this.#stopWhereRestarted();
  }

  /** Nothing comes any more: what is held back is for {@link conclude}. */
  hush(): void {
    clearTimeout(this.#timer);
  }

  /** The attempt, its answer being all that the client has: what it had, and what it got. */
  conclude(made: ModelAttempt): ModelAttempt {
    this.#pass(this.#seam.end());
    this.#stopWhereRestarted();
    const { continuation } = this;
    const { result } = made;
    if (this.#stop.signal.aborted) return { ...made, ...startedAnew(made), continuation };
    if (!result.ok) return { ...made, continuation };
    const answer = { ...result.answer, text: this.cut.delivered.text + this.#passed };
    // What was not told is not recorded as told.
    delete answer.reasoning;
    return { ...made, result: { ...result, answer }, continuation };
  }

  #stopWhereRestarted(): void {
    if (this.#seam.state === 'restarted') this.#stop.abort();
  }

  #pass(text: string): void {
    if (text === '') return;
    this.#passed += text;
    this.tell({ type: 'text', choice: 0, text }, this.continuation);
  }
}

/** It was asked to go on from what the client has, and wrote something else. */
function startedAnew({ attempts }: ModelAttempt): Pick<ModelAttempt, 'result'> {
  const failure = {
    kind: 'unsupported_by_model',
    message: 'the model was asked to go on from what the client has, and began another answer',
  } as const;
  const last = attempts.at(-1);
  if (last !== undefined) {
    last.outcome = failure.kind;
    last.message = failure.message;
  }
  return { result: { ok: false, failure } };
}
