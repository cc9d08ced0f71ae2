import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityDependencies } from '../activities/index.js';
import { CompletionHandle } from '../client/completion-handle.js';
import type { CompletionStarter, Start, StartedRun } from '../client/completion-starter.js';
import type { EngineConnection } from '../client/engine-connection.js';
import {
  CompletionFailedError,
  EngineUnavailableError,
  IdUsedForAnotherRequestError,
} from '../client/errors.js';
import { checkRequest, type CheckedRequest, type CompletionRequest } from '../client/request.js';
import type { CompletionResult } from '../contracts/completion.js';
import type { Route, RouteRequest } from '../contracts/route.js';
import { nextStep } from '../policy/walk.js';
import { callState } from './call-state.js';
import { ConnectedCall } from './connected-call.js';
import type { ConnectedCompletion } from './connected-completion.js';
import type { EngineWatch } from './engine-watch.js';
import { LiveAnswer } from './live-answer.js';
import { TooManyOpenError } from './too-many-open.js';
import { usualCalls } from '../worker/connected-worker.js';

export interface ConnectedCompletionsOptions {
  engine: EngineConnection;
  starter: CompletionStarter;
  taskQueue: string;
  /** Queue on which only this process works. */
  processQueue: string;
  dependencies: ActivityDependencies;
  resolveRoute: (request: RouteRequest, allowedMs: number) => Promise<Route>;
  /** Whether Temporal can be reached at all. */
  watch: Pick<EngineWatch, 'down' | 'noteFailure' | 'noteSuccess'>;
  /** Whether the provider call begins while Temporal records the start. Keyed requests always wait for that. */
  overlapped: () => boolean;
  warn: (message: string, detail: string) => void;
  /** Completions that may be open at a time; more than there are slots for calls would be given to other processes. */
  mostOpen?: number;
}

/** What the gateway asks for. */
export type ConnectedRequest = CompletionRequest & { id: string; deadlineMs: number };

/** As long as the workflow would let its own worker take, in milliseconds. */
const longestRoutingMs = 10_000;
/** How long a completion whose caller left may take to be cancelled before its call is ended all the same. */
const cancelPatienceMs = 500;

/** A completion of this process that has not ended. */
interface Open {
  fingerprint: string;
  completion: Promise<ConnectedCompletion>;
}

/**
 * Starts completions whose callers are connected to this process. The route is resolved here, the first call begins here,
 * and the activity that Temporal schedules for it takes it over: so tokens go from the provider to the caller in one
 * process, and what is durable costs them no time.
 */
export class ConnectedCompletions {
  readonly #open = new Map<string, Open>();

  constructor(private readonly options: ConnectedCompletionsOptions) {}

  /** Completions that have not ended. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Starts one, or joins an equal one under the same id.
   * @param terms `keyed`: its answer will be wanted even when this caller leaves. `signal`: aborts when the caller leaves
   * while it is being started; after that there is `leave`.
   * @throws InvalidRequestError, IdUsedForAnotherRequestError, EngineUnavailableError, EngineRefusedError,
   * TooManyOpenError
   */
  async start(
    request: ConnectedRequest,
    { keyed, signal }: { keyed: boolean; signal?: AbortSignal },
  ): Promise<ConnectedCompletion> {
    const { id, deadlineMs } = request;
    const checked = checkRequest(request);
    const open = this.#open.get(id);
    if (open !== undefined) {
      if (open.fingerprint !== checked.fingerprint) throw new IdUsedForAnotherRequestError(id);
      const joined = await open.completion;
      // Whoever comes after the words of its author broke off has the whole answer of the next one.
      const live = joined.live.broken === undefined ? joined.live : new LiveAnswer();
      const result = withinDeadline(joined.result, id, deadlineMs);
      return { ...joined, live, result, origin: 'joined' };
    }
    const { watch, engine } = this.options;
    if (this.#open.size >= (this.options.mostOpen ?? usualCalls)) throw new TooManyOpenError();
    const down = watch.down();
    if (down !== undefined) {
      const since = new Date(down.since).toISOString();
      throw new EngineUnavailableError(engine.address, new Error(`it has not answered since ${since}`));
    }
    const completion = this.#start({ ...checked, id, deadlineMs }, keyed, signal);
    completion.then(watch.noteSuccess, watch.noteFailure);
    completion.then(({ result }) => result).catch(watch.noteFailure);
    this.#open.set(id, { fingerprint: checked.fingerprint, completion });
    const close = (): void => void this.#open.delete(id);
    completion.then(({ result }) => result.then(close, close), close);
    return completion;
  }

  async #start(
    asked: CheckedRequest & { id: string; deadlineMs: number },
    keyed: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ConnectedCompletion> {
    const { processQueue, dependencies, overlapped } = this.options;
    const { id, deadlineMs, input } = asked;
    const startedAt = Date.now();
    const route = overlapped() ? await this.#route(asked) : undefined;
    const call = new ConnectedCall(id, dependencies, keyed);
    const begin = (): void => {
      if (route === undefined) return;
      const remainingMs = deadlineMs - (Date.now() - startedAt);
      const step = nextStep(route, route.refused ?? [], { remainingMs, stream: input.stream ?? false });
      if (step.action === 'call') call.begin(route, input, step);
      else call.beginsWithoutCall();
    };
    const left = (): void => call.leave();
    if (!keyed) signal?.addEventListener('abort', left, { once: true });
    try {
      if (!keyed) begin();
      const start = {
        ...asked,
        deadlineMs: Math.max(1, deadlineMs - (Date.now() - startedAt)),
        input: { ...input, processQueue, ...(route === undefined ? {} : { route }) },
      };
      const run = await this.#startWithin(start);
      if (keyed && run.origin === 'started') begin();
      const handle = this.#handleOf(id, run, deadlineMs);
      return {
        id,
        origin: run.origin,
        handle,
        live: call.live,
        recordedHere: () => call.recordedHere,
        result: call.result(handle, {
          route: run.origin === 'started' ? route : undefined,
          deadlineMs: start.deadlineMs,
          state: (timeoutMs) => callState(this.options.engine, id, run.runId, timeoutMs),
        }),
        leave: () => {
          // Clients of answers that have come leave as well.
          if (!keyed && this.#open.has(id)) void this.#leave(call, handle);
        },
      };
    } catch (error) {
      call.end();
      // Temporal may have accepted it after all.
      if (!keyed && error instanceof EngineUnavailableError) void this.#cancel(this.#handleOf(id));
      throw error;
    } finally {
      signal?.removeEventListener('abort', left);
    }
  }

  /** Temporal's own time limit is for requests that have more time than that. */
  async #startWithin(start: Start): Promise<StartedRun> {
    const { starter, engine } = this.options;
    if (start.deadlineMs > engine.callTimeoutMs) return starter.start(start);
    return starter.start(start, AbortSignal.timeout(start.deadlineMs)).catch((error: unknown) => {
      throw isTimeout(error) ? new EngineUnavailableError(engine.address, error) : error;
    });
  }

  /** Undefined where it cannot be resolved: the workflow then says why, and has it recorded. */
  async #route({ input, deadlineMs }: CheckedRequest & { deadlineMs: number }): Promise<Route | undefined> {
    const { target, chat, maxCostUsd } = input;
    const question = { target, chat, ...(maxCostUsd === undefined ? {} : { maxCostUsd }) };
    return this.options.resolveRoute(question, Math.min(deadlineMs, longestRoutingMs)).catch(() => undefined);
  }

  #handleOf(id: string, run?: StartedRun, deadlineMs?: number): CompletionHandle {
    const { engine, taskQueue } = this.options;
    const known = { ...(run && { run }), ...(deadlineMs !== undefined && { deadlineMs }) };
    return new CompletionHandle(id, engine, { taskQueue, ...known });
  }

  /** Temporal first, so that the end of the call is no failure that another model has to make up for. */
  async #leave(call: ConnectedCall, handle: CompletionHandle): Promise<void> {
    await Promise.race([this.#cancel(handle), sleep(cancelPatienceMs)]);
    call.leave();
  }

  async #cancel(handle: CompletionHandle): Promise<void> {
    try {
      await handle.cancel();
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      if (name !== 'CompletionNotFoundError') {
        this.options.warn('a completion whose client left could not be cancelled', name);
      }
    }
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/** Who joins waits no longer than it may itself; the completion goes on. */
async function withinDeadline(
  result: Promise<CompletionResult>,
  id: string,
  deadlineMs: number,
): Promise<CompletionResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message =
        'The completion that this request joined goes on; ask again with the same Idempotency-Key.';
      const failure = { kind: 'deadline_exceeded', message, requestedModel: '' } as const;
      reject(new CompletionFailedError(id, { ...failure, attempts: [] }));
    }, deadlineMs);
  });
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}
