import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { abortable } from './abortable.js';
import { resolveAddress, type EngineAddress } from './engine-address.js';
import { connectTrouble, engineTrouble, isLostOnTheWay } from './engine-trouble.js';
import { EngineUnavailableError, HoldfastClosedError } from './errors.js';

export type { EngineAddress } from './engine-address.js';

/** How long one call may take, and what ends it early. */
export interface CallOptions {
  /** Milliseconds; the connection's `callTimeoutMs` unless given. */
  timeoutMs?: number;
  /** Ends the waiting; the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A poll that was given up here ends at Temporal after this many milliseconds more, should it not hear of that. */
const leftAloneMs = 30_000;

/**
 * Repeats for a lost packet, no more: who waits for Temporal to come back, and how long, is decided by each caller.
 * All that the client asks of Temporal may be asked twice: a start is known again by its token.
 */
const mostRepeats = 2;
const repeatAfterMs = 100;

/** One connection to Temporal, made on first use and again after a failed try, until it is closed. */
export class EngineConnection {
  readonly address: string;
  readonly namespace: string;
  readonly callTimeoutMs: number;
  private readonly options: ConnectionOptions;
  private readonly closing = new AbortController();
  private client: Promise<Client> | undefined;
  private connection: Connection | undefined;
  /** The native client of workers repeats a call for many seconds on its own, whatever the deadline of the call. */
  private readonly keepsDeadlines: boolean;

  /**
   * @param through A client whose connection somebody else made and closes; absent: one of its own.
   * @throws InvalidOptionsError when the TEMPORAL_* settings cannot be read
   */
  constructor(given: EngineAddress, through?: Client) {
    const { address, namespace, connection } = resolveAddress(given, process.env);
    this.address = address;
    this.namespace = namespace;
    this.callTimeoutMs = given.callTimeoutMs ?? 10_000;
    this.keepsDeadlines = through === undefined;
    if (through !== undefined) this.client = Promise.resolve(through);
    // One listener for each call in flight, however many those are.
    setMaxListeners(0, this.closing.signal);
    // Without the client's own repeats: one that is due after close() would throw where nobody can catch it.
    this.options = { ...connection, interceptors: [] };
  }

  /** @throws EngineUnavailableError, EngineRefusedError, HoldfastClosedError */
  connect(): Promise<Client> {
    this.client ??= this.open().catch((error: unknown) => {
      this.client = undefined;
      throw error;
    });
    return this.client;
  }

  /**
   * Runs calls of the client, all within one timeout.
   * @throws EngineUnavailableError when Temporal cannot be reached or does not answer in time
   * @throws EngineRefusedError when it does not accept the namespace, the credentials or the call
   * @throws HoldfastClosedError, the reason of the signal, and what `work` throws
   */
  async call<T>(
    work: (client: Client) => Promise<T>,
    { timeoutMs = this.callTimeoutMs, signal }: CallOptions = {},
  ): Promise<T> {
    if (this.keepsDeadlines) return this.run(work, timeoutMs, [signal]);
    return this.runWithin(timeoutMs, (limit) => this.run(work, timeoutMs, [signal, limit]));
  }

  /**
   * As {@link call}, for work that Temporal may rightly leave unanswered for `timeoutMs`. Temporal is not told of this
   * limit: it answers a poll with nothing shortly before the time is up, and its client would ask again and again.
   */
  async poll<T>(
    work: (client: Client) => Promise<T>,
    { timeoutMs, signal }: CallOptions & { timeoutMs: number },
  ): Promise<T> {
    return this.runWithin(timeoutMs, (limit) => this.run(work, timeoutMs + leftAloneMs, [signal, limit]));
  }

  /** Waits some milliseconds. @throws HoldfastClosedError, the reason of the signal */
  async pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await abortable(
      (stop) => sleep(milliseconds, undefined, { signal: stop }),
      [this.closing.signal, signal],
    );
  }

  /** Ends every call and wait of this connection. It cannot be used again. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort(new HoldfastClosedError());
    await this.connection?.close();
  }

  private async runWithin<T>(timeoutMs: number, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const timer = setTimeout(() => {
      const silence = new Error(`no answer within ${String(timeoutMs)} ms`);
      limit.abort(new EngineUnavailableError(this.address, silence));
    }, timeoutMs);
    try {
      return await work(limit.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  private run<T>(
    work: (client: Client) => Promise<T>,
    timeoutMs: number,
    ends: (AbortSignal | undefined)[],
  ): Promise<T> {
    return abortable(
      async (stop) => {
        const client = await this.connect();
        const deadline = Date.now() + timeoutMs;
        for (let repeated = 0; ; repeated += 1) {
          try {
            return await client.withAbortSignal(stop, () =>
              client.withDeadline(deadline, () => work(client)),
            );
          } catch (error) {
            if (repeated === mostRepeats || !isLostOnTheWay(error)) throw engineTrouble(error, this) ?? error;
          }
          await sleep(repeatAfterMs * 2 ** repeated, undefined, { signal: stop });
        }
      },
      [this.closing.signal, ...ends],
    );
  }

  private async open(): Promise<Client> {
    this.closing.signal.throwIfAborted();
    let connection: Connection | undefined;
    try {
      connection = Connection.lazy(this.options);
      this.connection = connection;
      await connection.ensureConnected();
      return new Client({ connection, namespace: this.namespace });
    } catch (error) {
      // It would go on trying to connect by itself, for ever.
      await connection?.close();
      throw connectTrouble(error, this);
    }
  }
}
