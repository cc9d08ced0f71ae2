import { beginCall, type ActivityDependencies, type BegunCall } from '../activities/index.js';
import type { CompletionHandle } from '../client/completion-handle.js';
import { CompletionFailedError } from '../client/errors.js';
import type { CallModelInput, CallModelResult } from '../contracts/call.js';
import type { CompletionInput, CompletionResult } from '../contracts/completion.js';
import type { Route } from '../contracts/route.js';
import { callInput, type CallStep } from '../policy/call-input.js';
import { concludeAnswer } from '../policy/conclusion.js';
import { processQueueWaitMs } from '../policy/process-queue.js';
import type { CallState } from './call-state.js';
import { LiveAnswer } from './live-answer.js';

/** Temporal is asked how it ended this long after a call, should nobody have said that the answer is recorded; ms. */
const recordedSoonMs = 1_000;
/** On top of the time after which Temporal takes this process for gone, and gives the call to another one. */
const claimGraceMs = 500;
/** On top of a deadline, for the end that the workflow then comes to, in milliseconds. */
const recordGraceMs = 1_000;
/** Who has waited beyond the deadline hears within this time whether Temporal is there at all; milliseconds. */
const lastQuestionMs = 500;

export interface ResultTerms {
  /** With which the completion was started by this very call; absent: Temporal alone knows. */
  route: Route | undefined;
  /** From now, in milliseconds. */
  deadlineMs: number;
  /** Asks Temporal. @throws EngineUnavailableError, EngineRefusedError */
  state: (timeoutMs: number) => Promise<CallState>;
}

/**
 * This process's side of a completion: hears its answer, holds the call that was begun ahead of its activity, and is the
 * first to know when the answer is recorded.
 */
export class ConnectedCall {
  readonly live = new LiveAnswer();
  readonly #left = new AbortController();
  /** Aborts when nobody waits here any more. */
  readonly #ended = new AbortController();
  readonly #end: () => void;
  readonly #recorded = deferred<CallModelResult>();
  /** Resolves when Temporal has to be asked how the completion ended. */
  readonly #asking = deferred<undefined>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #begun: { call: BegunCall; claimed: boolean } | undefined;
  /** The activity has come, and makes the call itself where none had begun. */
  #arrived = false;
  #walkedOn = false;
  #recordedHere = false;

  constructor(
    private readonly id: string,
    private readonly dependencies: ActivityDependencies,
    /** Whether the answer will be wanted whatever becomes of the stream. */
    private readonly keyed: boolean,
  ) {
    this.#end = dependencies.attendances.attend(id, {
      heard: this.live.heard,
      failed: (attempt, broken) => {
        this.live.failed(attempt, broken);
        return this.live.broken === undefined || this.keyed ? undefined : 'unwanted';
      },
      givenUp: () => {
        // From here on no single activity returns the whole trail.
        this.#walkedOn = true;
        this.#asking.resolve(undefined);
      },
      recorded: (result) => {
        this.#recordedHere = true;
        if (!this.#walkedOn) this.#recorded.resolve(result);
      },
      left: this.#left.signal,
      claim: (input) => this.#claim(input),
    });
  }

  /** Begins the first call of the route, which the workflow will ask for as well, unless it has asked already. */
  begin(route: Route, input: Pick<CompletionInput, 'chat' | 'stream' | 'context'>, step: CallStep): void {
    if (this.#arrived) return;
    const asked = callInput(route, input, step, [], 0);
    this.#begun = { call: beginCall(this.dependencies, this.id, asked, step.allowedMs), claimed: false };
  }

  /**
   * The recorded result: as soon as Temporal has acknowledged the answer of the first model, else as the workflow says.
   * Settles soon after the deadline, whatever Temporal does.
   * @throws CompletionFailedError, CompletionCancelledError, EngineUnavailableError, EngineRefusedError
   */
  async result(
    handle: CompletionHandle,
    { route, deadlineMs, state }: ResultTerms,
  ): Promise<CompletionResult> {
    if (route === undefined || this.#begun === undefined) this.#asking.resolve(undefined);
    else this.#watch(this.#begun, () => state(claimGraceMs));
    const told = this.#asking.promise.then(() => handle.result({ signal: this.#ended.signal }));
    told.catch(() => undefined);
    const known = this.#recorded.promise.then((result) => {
      // It is recorded only where this process began the call, with the route.
      if (route === undefined) return told;
      return concludeAnswer(this.id, route, result.attempts, result);
    });
    const late = deferred<undefined>();
    this.#after(deadlineMs + recordGraceMs, () => late.resolve(undefined));
    const tooLate = late.promise.then(async () => {
      await state(lastQuestionMs);
      throw notRecordedInTime(this.id, route?.requested);
    });
    tooLate.catch(() => undefined);
    try {
      return await Promise.race([known, told, tooLate]);
    } finally {
      this.end();
    }
  }

  /** Whether a call of this process has the answer, as far as it is recorded. */
  get recordedHere(): boolean {
    return this.#recordedHere;
  }

  /** The walk does not begin with a call: then no single activity returns the whole trail. */
  beginsWithoutCall(): void {
    this.#walkedOn = true;
  }

  /** The caller has gone: calls of the completion in this process end. */
  leave(): void {
    this.#left.abort();
    this.#begun?.call.abort();
  }

  /** Nobody waits here any more. A call that no activity took over ends. */
  end(): void {
    this.#end();
    this.#ended.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#begun?.claimed === false) this.#begun.call.abort();
  }

  #claim(input: CallModelInput): BegunCall | undefined {
    this.#arrived = true;
    if (this.#begun === undefined || this.#begun.claimed) return undefined;
    this.#begun.claimed = true;
    const { call } = this.#begun;
    if (isSameCall(call.input, input)) return call;
    call.abort();
    return undefined;
  }

  /** Ends the call when another process makes it as well: where this one came too late for its activity. */
  #watch(begun: { call: BegunCall; claimed: boolean }, state: () => Promise<CallState>): void {
    const ask = (): void => this.#asking.resolve(undefined);
    const open = (): boolean => !begun.claimed && !this.#ended.signal.aborted;
    let takenBefore = false;
    const look = async (): Promise<void> => {
      if (!open()) return;
      // While Temporal is away nobody else gets the call.
      const now = await state().catch((): CallState => 'awaited');
      if (!open()) return;
      if (now === 'over' || (now === 'taken' && takenBefore)) {
        begun.claimed = true;
        begun.call.abort();
        ask();
        return;
      }
      // It may be on its way to this process.
      takenBefore = now === 'taken';
      this.#after(takenBefore ? claimGraceMs : processQueueWaitMs, () => void look());
    };
    this.#after(processQueueWaitMs + claimGraceMs, () => void look());
    const soon = (): void => this.#after(recordedSoonMs, ask);
    void begun.call.made.then(soon, soon);
  }

  #after(milliseconds: number, act: () => void): void {
    if (this.#ended.signal.aborted) return;
    this.#timers.add(setTimeout(act, milliseconds));
  }
}

/** Both were worked out from the same route; only what is left of the time may differ. */
function isSameCall(begun: CallModelInput, asked: CallModelInput): boolean {
  return begun.candidate.model === asked.candidate.model && begun.configHash === asked.configHash;
}

function notRecordedInTime(id: string, requestedModel = ''): CompletionFailedError {
  return new CompletionFailedError(id, {
    kind: 'deadline_exceeded',
    message: 'No end of the completion was recorded before its deadline. Check that a worker runs.',
    requestedModel,
    attempts: [],
  });
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
