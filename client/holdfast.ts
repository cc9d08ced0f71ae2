import { randomUUID } from 'node:crypto';
import type { CompletionResult } from '../contracts/completion.js';
import type { AttemptListener } from './attempt-watch.js';
import { CompletionHandle, type WaitOptions } from './completion-handle.js';
import type { CompletionRun } from './completion-run.js';
import { CompletionStarter } from './completion-starter.js';
import { EngineConnection } from './engine-connection.js';
import { checkOptions, type HoldfastOptions, type StartSettings } from './options.js';
import { checkRequest, type CompletionRequest } from './request.js';

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
  private readonly settings: StartSettings;

  /** @throws InvalidOptionsError when the options, or the TEMPORAL_* settings, cannot be */
  constructor(options: HoldfastOptions = {}) {
    this.settings = checkOptions(options);
    this.engine = new EngineConnection(options);
    this.starter = new CompletionStarter(this.engine, this.settings);
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
    const deadlineMs = checked.deadlineMs ?? this.settings.deadlineMs;
    const run = await this.starter.start({ ...checked, id, deadlineMs }, signal);
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
    const { taskQueue, deadlineMs, lingerMs } = this.settings;
    const settings = { taskQueue, deadlineMs, lingerMs, ...(run === undefined ? {} : { run }) };
    return new CompletionHandle(id, this.engine, settings);
  }
}
