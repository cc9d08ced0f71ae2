import type { EngineAddress } from '../client/engine-address.js';
import { EngineConnection } from '../client/engine-connection.js';
import { EngineUnavailableError } from '../client/index.js';

/** Since when Temporal cannot be reached, in milliseconds since the epoch, and why. */
export interface Down {
  since: number;
  reason: string;
}

/** Knows whether Temporal can be reached, so that requests need not find out one by one. */
export interface EngineWatch {
  /** Undefined while it can be reached. */
  down(): Down | undefined;
  /** A request could not be started, with the client's error. Where that is since Temporal is away, others are refused from now on until it is back. */
  noteFailure(error: unknown): void;
  /** Temporal answered a request that was sent to it just now. */
  noteSuccess(): void;
  /** Why no completion would get done at the moment; undefined when all is well. Never rejects. */
  readiness(): Promise<string | undefined>;
  /** Ends the watching. */
  stop(): void;
}

export interface EngineWatchOptions {
  /** Rejects when Temporal cannot be reached; {@link temporalProbe} makes one. */
  probe: () => Promise<void>;
  /** How many processes call models; {@link callPollers} makes it. Asked every two seconds at most. */
  pollers: () => Promise<number>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Milliseconds from one probe to the next, give or take a quarter. */
  everyMs: number;
  /** As `everyMs`, while Temporal cannot be reached. */
  failingEveryMs: number;
}

/** How long an answer to readiness holds, in milliseconds: whoever asks often costs no more. */
const readinessHoldsMs = 2_000;
/** One unanswered probe may be a busy moment. */
const failuresUntilDown = 2;

export function createEngineWatch(options: EngineWatchOptions): EngineWatch {
  const { probe, now, random, everyMs, failingEveryMs } = options;
  let known: Down | undefined;
  let answeredOnce = false;
  let failures = 0;
  /** Grows with what requests find out: the outcome of a probe that began before is dropped. */
  let generation = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let polled: { at: number; reason: Promise<string | undefined> } | undefined;

  function probeIn(delayMs: number): void {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => void look(), delayMs * (0.75 + random() / 2));
    timer.unref();
  }

  async function look(): Promise<void> {
    const [asked, askedAt] = [generation, now()];
    const reason = await probe().then(() => undefined, messageOf);
    if (asked !== generation) return;
    if (reason === undefined) answered();
    else failed({ since: askedAt, reason });
    probeIn(failures === 0 ? everyMs : failingEveryMs);
  }

  function answered(): void {
    // Who polls is asked anew after an outage.
    if (known !== undefined) polled = undefined;
    known = undefined;
    failures = 0;
    answeredOnce = true;
  }

  function failed(down: Down): void {
    failures += 1;
    if (failures >= failuresUntilDown || !answeredOnce) known ??= down;
  }

  async function nobodyPolls(): Promise<string | undefined> {
    try {
      const count = await options.pollers();
      return count > 0 ? undefined : 'no worker takes completions; start one with "holdfast worker"';
    } catch {
      polled = undefined;
      return 'Temporal does not tell who takes completions';
    }
  }

  const first = look();
  return {
    down: () => known,
    noteFailure: (error) => {
      // While it is known, probes go on at their own pace, however many requests were under way.
      if (known !== undefined || !isAway(error)) return;
      known = { since: now(), reason: messageOf(error) };
      failures = failuresUntilDown;
      generation += 1;
      probeIn(0);
    },
    noteSuccess: () => {
      if (failures === 0) return;
      generation += 1;
      answered();
      probeIn(everyMs);
    },
    readiness: async () => {
      await first;
      // Anybody may ask: where Temporal is, and what it said, is for the log.
      if (known !== undefined) return 'Temporal cannot be reached';
      if (polled === undefined || now() - polled.at > readinessHoldsMs) {
        polled = { at: now(), reason: nobodyPolls() };
      }
      return polled.reason;
    },
    stop: () => {
      stopped = true;
      generation += 1;
      clearTimeout(timer);
    },
  };
}

const answerWithinMs = 1_000;

/** A connection for watching: whatever is not there within a second is not there. */
export function connectionForWatch(address: EngineAddress): EngineConnection {
  return new EngineConnection({
    ...address,
    connectTimeoutMs: answerWithinMs,
    callTimeoutMs: answerWithinMs,
  });
}

/**
 * Asks Temporal for the namespace, which it has to look up: a server without its database does not count as there. A
 * "no" is an answer, and so is that it has too much to do.
 */
export function temporalProbe(connection: EngineConnection): () => Promise<void> {
  const { namespace } = connection;
  return async () => {
    try {
      await connection.call((client) => client.workflowService.describeNamespace({ namespace }));
    } catch (error) {
      if (isAway(error)) throw error;
    }
  };
}

/**
 * How many processes call models for a task queue. A gateway alone takes workflows only, and does not count. Temporal goes on
 * counting one that died for some minutes.
 */
export function callPollers(connection: EngineConnection, taskQueue: string): () => Promise<number> {
  const { namespace } = connection;
  // TASK_QUEUE_TYPE_ACTIVITY of temporal.api.enums.v1.
  const taskQueueType = 2;
  const question = { namespace, taskQueue: { name: taskQueue }, taskQueueType };
  return async () => {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the SDK does not export this enum
    const { pollers } = await connection.call((client) => client.workflowService.describeTaskQueue(question));
    return pollers.length;
  };
}

/** Temporal itself cannot be reached, rather than being there and turning calls away. */
function isAway(error: unknown): boolean {
  return error instanceof EngineUnavailableError && error.trouble === 'away';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
