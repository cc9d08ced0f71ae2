import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { Attempt, Trail } from '../contracts/attempt.js';
import type { CompletionFailure, CompletionResult, CompletionWorkflow } from '../contracts/completion.js';
import type { EngineConnection } from './engine-connection.js';
import {
  CompletionCancelledError,
  CompletionFailedError,
  CompletionNotFoundError,
  EngineUnavailableError,
} from './errors.js';
import { readTrail } from './trail.js';

/** How often a caller who wants to hear of attempts asks for them, in milliseconds. */
const tellEveryMs = 200;

/** A started completion. */
export class CompletionHandle {
  constructor(
    readonly id: string,
    private readonly engine: EngineConnection,
    private readonly taskQueue: string,
    /** Longest to wait for the result in milliseconds; absent for a completion whose deadline is not known here. */
    private readonly patienceMs?: number,
  ) {}

  /**
   * Waits for the recorded result. A Temporal that goes away meanwhile is waited for until the completion's deadline.
   * @throws CompletionFailedError, CompletionCancelledError, CompletionNotFoundError, EngineUnavailableError
   */
  async result(): Promise<CompletionResult> {
    const startedAt = Date.now();
    for (;;) {
      try {
        return await this.known((client) => client.workflow.getHandle<CompletionWorkflow>(this.id).result());
      } catch (error) {
        if (error instanceof WorkflowFailedError) throw this.typed(error);
        const waited = Date.now() - startedAt;
        if (!(error instanceof EngineUnavailableError) || waited > (this.patienceMs ?? 0)) throw error;
        await sleep(500);
      }
    }
  }

  /** As {@link result}, and tells of each attempt as it ends. An `onAttempt` that throws is warned about, not obeyed. */
  async resultTelling(onAttempt: (attempt: Attempt) => void): Promise<CompletionResult> {
    let told = 0;
    const tell = (trail: Trail): void => {
      for (const attempt of trail.slice(told)) {
        told += 1;
        try {
          onAttempt(attempt);
        } catch (error) {
          process.emitWarning(`onAttempt threw: ${String(error)}`, 'HoldfastWarning');
        }
      }
    };
    const done = new AbortController();
    const telling = this.tellWhileRunning(tell, done.signal);
    try {
      const result = await this.result();
      await stopTelling();
      tell(result.attempts);
      return result;
    } catch (error) {
      await stopTelling();
      if (error instanceof CompletionFailedError) tell(error.attempts);
      throw error;
    }

    async function stopTelling(): Promise<void> {
      done.abort();
      await telling;
    }
  }

  /**
   * The trail so far, or the whole of it once the completion has ended.
   * @throws CompletionNotFoundError, NoWorkerError, EngineUnavailableError
   */
  async attempts(): Promise<Trail> {
    return this.known((client) => readTrail(client, this.id, this.taskQueue));
  }

  /**
   * Asks for the completion to end; the provider call in flight is aborted. Returns when Temporal has the request.
   * @throws CompletionNotFoundError when it does not exist; one that has ended is left as it is
   */
  async cancel(): Promise<void> {
    await this.known(async (client) => {
      const workflow = client.workflow.getHandle(this.id);
      const { status } = await workflow.describe();
      if (status.name === 'RUNNING') await workflow.cancel().catch(ignoreEnded);
    });
  }

  private async tellWhileRunning(tell: (trail: Trail) => void, done: AbortSignal): Promise<void> {
    for (;;) {
      // What cannot be read now is told later: the result has the whole trail.
      tell(await this.attempts().catch((): Trail => []));
      await sleep(tellEveryMs, undefined, { signal: done }).catch(() => undefined);
      if (done.aborted) return;
    }
  }

  private async known<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await this.engine.call(work);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError)
        throw new CompletionNotFoundError(this.id, this.engine.namespace);
      throw error;
    }
  }

  private typed({ cause }: WorkflowFailedError): Error {
    if (cause instanceof CancelledFailure) return new CompletionCancelledError(this.id, 'cancelled');
    if (cause instanceof TerminatedFailure) return new CompletionCancelledError(this.id, 'terminated');
    if (cause instanceof TimeoutFailure) {
      return new CompletionFailedError(this.id, {
        kind: 'deadline_exceeded',
        message: `No worker on task queue "${this.taskQueue}" finished the completion before its deadline. Start one with "holdfast up" or "holdfast worker".`,
        requestedModel: '',
        attempts: [],
      });
    }
    const failure = failureIn(cause);
    return new CompletionFailedError(
      this.id,
      failure ?? { kind: 'exhausted', message: cause?.message ?? 'failed', requestedModel: '', attempts: [] },
    );
  }
}

/** The typed failure that the workflow recorded, if it is one of ours. */
export function failureIn(cause: Error | undefined): CompletionFailure | undefined {
  if (!(cause instanceof ApplicationFailure)) return undefined;
  const detail: unknown = cause.details?.[0];
  return isCompletionFailure(detail) ? detail : undefined;
}

function isCompletionFailure(value: unknown): value is CompletionFailure {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'attempts' in value &&
    'message' in value
  );
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
