import { randomUUID } from 'node:crypto';
import { defaultDeadlineMs, defaultTaskQueue, type CompletionResult } from '../contracts/completion.js';
import type { AttemptListener } from './attempt-watch.js';
import { CompletionHandle, type WaitOptions } from './completion-handle.js';
import { defaultLingerMs, type CompletionRun } from './completion-run.js';
import { CompletionStarter } from './completion-starter.js';
import { EngineConnection, type EngineAddress } from './engine-connection.js';
import { checkRequest, type CompletionRequest } from './request.js';

export interface HoldfastOptions extends EngineAddress {
  taskQueue?: string;
  /** Deadline of completions that do not set their own, in milliseconds (default five minutes). */
  deadlineMs?: number;
  /** How long past its deadline Temporal lets a completion linger before ending it, in milliseconds (default 10 s). */
  lingerMs?: number;
  /** How long a start is repeated while Temporal does not answer, in milliseconds (default 10 s). */
  startPatienceMs?: number;
  /**
   * Whether completions are started with Holdfast's search attributes (default true). Where the namespace does not
   * know them, they are left out after a warning; false leaves them out without one.
   */
  searchAttributes?: boolean;
}

/** How a completion is waited for. */
export interface CompleteOptions extends WaitOptions {
  /**
   * Told of each attempt as it ends, so that a caller can say what is going on while a fallback happens. One that
   * throws or rejects is warned about, fails nothing, and is not waited for.
   */
  onAttempt?: AttemptListener;
}

/**
 * The client library: starts durable completions and reads their results.
 *
 * @example
 * const holdfast = new Holdfast();
 * const { answer, model } = await holdfast.complete({ messages: [{ role: 'user', content: 'Hello' }] });
 */
export class Holdfast {
  private readonly engine: EngineConnection;
  private readonly starter: CompletionStarter;
  private readonly taskQueue: string;
  private readonly deadlineMs: number;
  private readonly lingerMs: number;

  constructor(options: HoldfastOptions = {}) {
    this.engine = new EngineConnection(options);
    this.taskQueue = options.taskQueue ?? defaultTaskQueue;
    this.deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
    this.lingerMs = options.lingerMs ?? defaultLingerMs;
    this.starter = new CompletionStarter(this.engine, {
      taskQueue: this.taskQueue,
      lingerMs: this.lingerMs,
      startPatienceMs: options.startPatienceMs ?? 10_000,
      searchAttributes: options.searchAttributes ?? true,
    });
  }

  /**
   * Starts a completion and waits for its answer. With a `signal` the waiting can be ended; the completion goes on.
   *
   * @throws InvalidRequestError before anything is started
   * @throws CompletionFailedError with the kind and the trail, when no model answered
   * @throws CompletionCancelledError, IdUsedForAnotherRequestError
   * @throws EngineUnavailableError, EngineRefusedError, HoldfastClosedError, the reason of the signal
   */
  async complete(request: CompletionRequest, options: CompleteOptions = {}): Promise<CompletionResult> {
    const { onAttempt, signal } = options;
    const handle = await this.start(request, { signal });
    return onAttempt === undefined ? handle.result({ signal }) : handle.resultTelling(onAttempt, { signal });
  }

  /**
   * Starts a completion and returns at once. With an `id`, any number of equal starts give one completion: a running one
   * is joined, a finished one replayed, and one that ended without an answer is started anew. The handle speaks of the
   * run that this call started or joined. A `signal` ends the waiting for Temporal; the completion may have been started.
   *
   * @throws InvalidRequestError before anything is started
   * @throws IdUsedForAnotherRequestError when the id belongs to another request, whatever became of that
   * @throws EngineUnavailableError, EngineRefusedError, HoldfastClosedError, the reason of the signal
   */
  async start(request: CompletionRequest, { signal }: WaitOptions = {}): Promise<CompletionHandle> {
    const checked = checkRequest(request);
    const id = checked.id ?? `completion-${randomUUID()}`;
    const deadlineMs = checked.deadlineMs ?? this.deadlineMs;
    const idIsFresh = checked.id === undefined;
    const run = await this.starter.start({ ...checked, id, idIsFresh, deadlineMs }, signal);
    return this.handle(id, run);
  }

  /**
   * A completion that was started before, here or elsewhere. Nothing is asked of Temporal yet: the handle speaks of the
   * latest run of the id when it is first used.
   */
  get(id: string): CompletionHandle {
    return this.handle(id);
  }

  /** Closes the connection to Temporal, for good. Whoever still waits gets a HoldfastClosedError; completions go on. */
  async close(): Promise<void> {
    await this.engine.close();
  }

  private handle(id: string, run?: CompletionRun): CompletionHandle {
    const { taskQueue, deadlineMs, lingerMs } = this;
    const settings = { taskQueue, deadlineMs, lingerMs, ...(run === undefined ? {} : { run }) };
    return new CompletionHandle(id, this.engine, settings);
  }
}
