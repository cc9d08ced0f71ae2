import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { Trail } from '../contracts/attempt.js';
import { defaultDeadlineMs, type CompletionResult } from '../contracts/completion.js';
import { abortable } from './abortable.js';
import { tellOnce, watchAttempts, type AttemptListener } from './attempt-watch.js';
import { defaultLingerMs, runOf, workflowOf, type CompletionRun } from './completion-run.js';
import type { CallOptions, EngineConnection } from './engine-connection.js';
import {
  CompletionCancelledError,
  CompletionFailedError,
  CompletionNotFoundError,
  EngineUnavailableError,
} from './errors.js';
import { failureIn } from './recorded-failure.js';
import { readTrail } from './trail.js';

/** How a caller may stop waiting. */
export interface WaitOptions {
  /** Ends the waiting: the promise rejects with the signal's reason. The completion goes on; see `cancel`. */
  signal?: AbortSignal | undefined;
}

/** What a handle knows besides the id. */
export interface HandleSettings {
  taskQueue: string;
  /** The run it speaks of; absent means the latest one when the handle is first used. */
  run?: CompletionRun;
  /** Milliseconds that a completion may take where Temporal cannot be asked for its own deadline. */
  deadlineMs?: number;
  lingerMs?: number;
}

/** A poll for the result is cut after this many call timeouts, and Temporal asked whether it is still there. */
const callTimeoutsPerPoll = 6;
/** Milliseconds between tries while Temporal is away. */
const retryMs = 500;

/**
 * A started completion; to be more exact, one run of it. A handle from `start` speaks of the run that it started or
 * joined, one from `get` of the latest when it is first used, also after the id was started anew.
 */
export class CompletionHandle {
  private run: CompletionRun | undefined;
  /** The look-up of `run` under way, so that all who ask meanwhile get the same one. */
  private finding: Promise<CompletionRun> | undefined;

  constructor(
    readonly id: string,
    private readonly engine: EngineConnection,
    private readonly settings: HandleSettings,
  ) {
    this.run = settings.run;
  }

  /**
   * Waits for the recorded result. A Temporal that goes away meanwhile is waited for until the completion must have
   * ended, and for `lingerMs` at least.
   * @throws CompletionFailedError, CompletionCancelledError, CompletionNotFoundError
   * @throws EngineUnavailableError, EngineRefusedError, HoldfastClosedError, the reason of the signal
   */
  async result({ signal }: WaitOptions = {}): Promise<CompletionResult> {
    const { deadlineMs = defaultDeadlineMs, lingerMs = defaultLingerMs } = this.settings;
    const { callTimeoutMs } = this.engine;
    const startedAt = Date.now();
    let askedAfterItsEnd = false;
    for (;;) {
      let polledUntil = Infinity;
      try {
        const { runId } = await this.knownRun(signal);
        const timeoutMs = Math.min(
          callTimeoutsPerPoll * callTimeoutMs,
          Math.max(callTimeoutMs, giveUpAt(this.run) - Date.now()),
        );
        // A timer may go off a moment before its time by this clock.
        polledUntil = Date.now() + timeoutMs - 10;
        return await this.known(() =>
          this.engine.poll((client) => workflowOf(client, this.id, runId).result(), { timeoutMs, signal }),
        );
      } catch (error) {
        if (error instanceof WorkflowFailedError) throw await this.typed(error);
        if (!(error instanceof EngineUnavailableError)) throw error;
        const status = Date.now() < polledUntil ? undefined : await this.statusNow(signal);
        // Temporal is there, and the completion goes on: the poll was cut by us.
        if (status === 'RUNNING') continue;
        if (status !== undefined && !askedAfterItsEnd) {
          askedAfterItsEnd = true;
          continue;
        }
        if (Date.now() >= giveUpAt(this.run)) throw error;
        await this.engine.pause(retryMs, signal);
      }
    }

    function giveUpAt(run: CompletionRun | undefined): number {
      return Math.max(run?.endsBy ?? startedAt + deadlineMs + lingerMs, startedAt + lingerMs);
    }
  }

  /**
   * As {@link result}, and tells of each attempt as it ends. An `onAttempt` that throws or rejects is warned about,
   * not obeyed, and not waited for.
   */
  async resultTelling(onAttempt: AttemptListener, options: WaitOptions = {}): Promise<CompletionResult> {
    const tell = tellOnce(onAttempt);
    const done = new AbortController();
    void this.tellWhileRunning(tell, done.signal);
    try {
      const result = await this.result(options);
      tell(result.attempts);
      return result;
    } catch (error) {
      if (error instanceof CompletionFailedError) tell(error.attempts);
      throw error;
    } finally {
      done.abort();
    }
  }

  /**
   * The trail so far, or the whole of it once the completion has ended. While it runs a worker has to answer; one that
   * ended is read from its record. What was in flight when a completion was terminated or timed out is not in there.
   * @throws CompletionNotFoundError, NoWorkerError, EngineUnavailableError, EngineRefusedError, HoldfastClosedError
   */
  async attempts(): Promise<Trail> {
    const { runId } = await this.knownRun();
    return this.call((client) => readTrail(client, this.source(runId)));
  }

  /**
   * Asks for the completion to end; the provider call in flight is aborted. Returns when Temporal has the request.
   * @throws CompletionNotFoundError when it does not exist; one that has ended is left as it is
   * @throws EngineUnavailableError, EngineRefusedError, HoldfastClosedError
   */
  async cancel(): Promise<void> {
    const { runId } = await this.knownRun();
    await this.call(async (client) => {
      const workflow = workflowOf(client, this.id, runId);
      const { status } = await workflow.describe();
      if (status.name === 'RUNNING') await workflow.cancel().catch(ignoreEnded);
    });
  }

  private async knownRun(signal?: AbortSignal): Promise<CompletionRun> {
    if (this.run !== undefined) return this.run;
    signal?.throwIfAborted();
    // The signal ends the waiting of one; the others may want to know all the same.
    this.finding ??= this.findRun().finally(() => {
      this.finding = undefined;
    });
    const { finding } = this;
    return abortable(() => finding, [signal]);
  }

  private async findRun(): Promise<CompletionRun> {
    this.run = runOf(await this.call((client) => workflowOf(client, this.id).describe()));
    return this.run;
  }

  private source(runId: string): { id: string; runId: string; taskQueue: string } {
    return { id: this.id, runId, taskQueue: this.settings.taskQueue };
  }

  private async tellWhileRunning(tell: (trail: Trail) => boolean, done: AbortSignal): Promise<void> {
    // Waiting for the result meets the same trouble, and tells it.
    const run = await this.knownRun(done).catch(() => undefined);
    if (run !== undefined) await watchAttempts(this.engine, this.source(run.runId), tell, done);
  }

  /** Undefined when Temporal does not answer. */
  private async statusNow(signal: AbortSignal | undefined): Promise<string | undefined> {
    try {
      const { runId } = await this.knownRun(signal);
      const { status } = await this.call((client) => workflowOf(client, this.id, runId).describe(), {
        signal,
      });
      return status.name;
    } catch (error) {
      if (error instanceof EngineUnavailableError) return undefined;
      throw error;
    }
  }

  private call<T>(work: (client: Client) => Promise<T>, options?: CallOptions): Promise<T> {
    return this.known(() => this.engine.call(work, options));
  }

  private async known<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError)
        throw new CompletionNotFoundError(this.id, this.engine.namespace);
      throw error;
    }
  }

  private async typed({ cause }: WorkflowFailedError): Promise<Error> {
    if (cause instanceof CancelledFailure) return new CompletionCancelledError(this.id, 'cancelled');
    if (cause instanceof TerminatedFailure) return new CompletionCancelledError(this.id, 'terminated');
    const failure = failureIn(cause);
    if (failure !== undefined) return new CompletionFailedError(this.id, failure);
    // What made the attempts is known; that they cannot be read as well is not worth another error.
    const attempts = await this.attempts().catch((): Trail => []);
    if (cause instanceof TimeoutFailure) {
      return new CompletionFailedError(this.id, {
        kind: 'deadline_exceeded',
        message: `No worker on task queue "${this.settings.taskQueue}" finished the completion before its deadline. Start one with "holdfast up" or "holdfast worker".`,
        requestedModel: '',
        attempts,
      });
    }
    return new CompletionFailedError(this.id, {
      kind: 'exhausted',
      message: cause?.message ?? 'failed',
      requestedModel: '',
      attempts,
    });
  }
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
