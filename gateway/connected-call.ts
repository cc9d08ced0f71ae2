import { beginCall, type ActivityDependencies, type BegunCall } from '../activities/index.js';
import type { CompletionHandle } from '../client/completion-handle.js';
import type { CallModelInput, CallModelResult } from '../contracts/call.js';
import type { CompletionInput, CompletionResult } from '../contracts/completion.js';
import type { Route } from '../contracts/route.js';
import { callInput, type CallStep } from '../policy/call-input.js';
import { concludeAnswer } from '../policy/conclusion.js';
import { processQueueWaitMs } from '../policy/process-queue.js';
import { LiveAnswer } from './live-answer.js';

/** Temporal is asked how it ended this long after a call, should nobody have said that the answer is recorded; ms. */
const recordedSoonMs = 1_000;
/** On top of the time after which Temporal takes this process for gone, and gives the call to another one. */
const claimGraceMs = 500;

/**
 * This process's side of a completion: hears its answer, holds the call that was begun ahead of its activity, and is the
 * first to know when the answer is recorded.
 */
export class ConnectedCall {
  readonly live = new LiveAnswer();
  readonly #left = new AbortController();
  readonly #end: () => void;
  readonly #recorded = deferred<CallModelResult>();
  /** Resolves when Temporal has to be asked how the completion ended. */
  readonly #asking = deferred<undefined>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #begun: { call: BegunCall; claimed: boolean } | undefined;
  /** The activity has come, and makes the call itself where none had begun. */
  #arrived = false;
  #walkedOn = false;

  constructor(
    private readonly id: string,
    private readonly dependencies: ActivityDependencies,
  ) {
    this.#end = dependencies.attendances.attend(id, {
      heard: this.live.heard,
      failed: (attempt) => {
        this.live.failed(attempt);
        if (attempt.next?.action === 'retry') return;
        // From here on no single activity returns the whole trail.
        this.#walkedOn = true;
        this.#asking.resolve(undefined);
      },
      recorded: (result) => {
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
   * @param route With which the completion was started by this very call; absent: Temporal alone knows.
   */
  async result(handle: CompletionHandle, route: Route | undefined): Promise<CompletionResult> {
    if (route === undefined || this.#begun === undefined) this.#asking.resolve(undefined);
    else this.#watch(this.#begun);
    const told = this.#asking.promise.then(() => handle.result());
    told.catch(() => undefined);
    const known = this.#recorded.promise.then((result) => {
      // It is recorded only where this process began the call, with the route.
      if (route === undefined) return told;
      return concludeAnswer(this.id, route, result.attempts, result);
    });
    try {
      return await Promise.race([known, told]);
    } finally {
      this.end();
    }
  }

  /** The caller has gone: calls of the completion in this process end. */
  leave(): void {
    this.#left.abort();
    this.#begun?.call.abort();
  }

  /** Nobody waits here any more. A call that no activity took over ends. */
  end(): void {
    this.#end();
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

  #watch(begun: { call: BegunCall; claimed: boolean }): void {
    const ask = (): void => this.#asking.resolve(undefined);
    this.#after(processQueueWaitMs + claimGraceMs, () => {
      // Another process may make the call by now. Or all is slow, and the activity is still to come: then this call is
      // the one that its client already hears, so it is not ended before the completion is.
      if (!begun.claimed) ask();
    });
    const soon = (): void => this.#after(recordedSoonMs, ask);
    void begun.call.made.then(soon, soon);
  }

  #after(milliseconds: number, act: () => void): void {
    this.#timers.add(setTimeout(act, milliseconds));
  }
}

/** Both were worked out from the same route; only what is left of the time may differ. */
function isSameCall(begun: CallModelInput, asked: CallModelInput): boolean {
  return begun.candidate.model === asked.candidate.model && begun.configHash === asked.configHash;
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
