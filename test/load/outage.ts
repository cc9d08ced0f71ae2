import type { CompletionResult } from '../../contracts/completion.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step, type FakeCall } from '../support/fake-provider.js';
import { spawnWorker } from '../support/spawn-process.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';
const second = 'claude-3-opus-20240229';
/** So many starts and reads at a time: more only queue up in this process. */
const together = 16;

export interface LoadPhases {
  requestsPerSecond: number;
  /** Milliseconds with both models well, with the first one dead, with both dead, and with both back. */
  wellMs: number;
  firstDeadMs: number;
  bothDeadMs: number;
  backMs: number;
  recoveryTimeoutMs: number;
}

/** What one stretch of time saw; calls are those of the provider's own journal. */
export interface PhaseFigures {
  requests: number;
  callsPerRequest: number;
  /** Shares of its requests: answered by the first model, by the other one, and after having been parked. */
  byFirst: number;
  byFallback: number;
  afterParking: number;
}

export interface LoadFigures {
  well: PhaseFigures;
  firstDead: PhaseFigures;
  bothDead: PhaseFigures;
  back: PhaseFigures;
  parkedAndAnswered: number;
  lost: number;
}

/** Two workers, each in a process of its own, that park and have breakers. */
async function startTwoWorkers(recoveryTimeout: number, maxRecoveryTimeout: number): Promise<CompletionKit> {
  const circuitBreaker = { recoveryTimeout, maxRecoveryTimeout, successesToClose: 2 };
  const policy = { onExhausted: 'park', retryBudget: {}, circuitBreaker };
  const kit = await startCompletionKit({ workers: 0 });
  const workers = await Promise.all([spawnWorker(kit, { policy }), spawnWorker(kit, { policy })]);
  const stop = async (): Promise<void> => {
    for (const { child } of workers) child.kill('SIGTERM');
    await Promise.all(workers.map(({ ended }) => ended));
    await kit.stop();
  };
  return { ...kit, stop, [Symbol.asyncDispose]: stop };
}

/** Requests arrive evenly while the first model dies, then the second, and both come back. */
export async function outageUnderLoad(phases: LoadPhases): Promise<LoadFigures> {
  const { requestsPerSecond, recoveryTimeoutMs } = phases;
  await using kit = await startTwoWorkers(recoveryTimeoutMs, 10 * recoveryTimeoutMs);
  const { provider, holdfast } = kit;
  const answered: { at: number; result: CompletionResult | undefined }[] = [];
  const running: Promise<void>[] = [];
  const arrive = async (forMs: number): Promise<number> => {
    const from = Date.now();
    for (let sent = 0; sent < (forMs / 1_000) * requestsPerSecond; sent += 1) {
      await pause(from + (sent * 1_000) / requestsPerSecond - Date.now());
      const at = Date.now();
      const answer = holdfast.complete({ messages, deadlineMs: 300_000 }).catch(() => undefined);
      running.push(answer.then((result) => void answered.push({ at, result })));
    }
    return from;
  };

  provider.plan(model, step.answer('From the first'));
  provider.plan(second, step.answer('From the other'));
  const well = await arrive(phases.wellMs);
  // What arrived while all was well is not counted among what came later.
  await Promise.all(running);
  provider.plan(model, step.status(503));
  const firstDead = await arrive(phases.firstDeadMs);
  provider.plan(second, step.status(529));
  const bothDead = await arrive(phases.bothDeadMs);
  provider.plan(model, step.answer('From the first, again'));
  provider.plan(second, step.answer('From the other, again'));
  const back = await arrive(phases.backMs);
  await Promise.all(running);

  const figures = (from: number, to: number): PhaseFigures => {
    const own = answered.filter(({ at }) => at >= from && at < to);
    const calls = provider.calls().filter(({ startedAt }) => startedAt >= from && startedAt < to);
    const share = (of: (result: CompletionResult) => boolean): number =>
      round(own.filter(({ result }) => result !== undefined && of(result)).length / own.length);
    return {
      requests: own.length,
      callsPerRequest: round(calls.length / own.length),
      byFirst: share((result) => result.model === model && !wasParked(result)),
      byFallback: share((result) => result.model === second && !wasParked(result)),
      afterParking: share(wasParked),
    };
  };
  return {
    well: figures(well, firstDead),
    firstDead: figures(firstDead, bothDead),
    bothDead: figures(bothDead, back),
    back: figures(back, Infinity),
    parkedAndAnswered: answered.filter(({ result }) => result !== undefined && wasParked(result)).length,
    lost: answered.filter(({ result }) => result === undefined).length,
  };
}

const wasParked = ({ attempts }: CompletionResult): boolean =>
  attempts.some(({ next }) => next?.action === 'park');

export interface ParkedOptions {
  completions: number;
  /** Milliseconds from the first start until the model is back. */
  outageMs: number;
  recoveryTimeoutMs: number;
  maxRecoveryTimeoutMs: number;
}

export interface ParkedFigures {
  completions: number;
  answered: number;
  /** Provider calls while the model was dead. */
  callsInOutage: number;
  /** Seconds after the recovery at which the first, the middle and the last completion called the model. */
  wokeAfterSeconds: { first: number; median: number; last: number };
  mostWokenInASecond: number;
  /**
   * Most and mean events of one completion's history, and most without workflow tasks that an overloaded worker left
   * lying, so that Temporal repeated them.
   */
  events: { most: number; mean: number; mostWithoutRepeats: number };
  /** Most looks that Temporal counted at one completion, sampled just before the recovery. */
  looks: number;
}

/** Many completions of one dead model, until it is back and all are answered. Two worker processes. */
export async function parkedThroughOutage(options: ParkedOptions): Promise<ParkedFigures> {
  const { completions, outageMs, recoveryTimeoutMs, maxRecoveryTimeoutMs } = options;
  await using kit = await startTwoWorkers(recoveryTimeoutMs, maxRecoveryTimeoutMs);
  const { provider, holdfast } = kit;
  provider.plan(model, step.status(503));
  const beganAt = Date.now();
  const ids = Array.from({ length: completions }, (_, index) => `${kit.taskQueue}-${String(index)}`);
  // No faster than two workers take them, or Temporal repeats the workflow tasks that lie about.
  await inTurns(ids, (id) => holdfast.start({ id, model, messages, deadlineMs: 3_600_000 }), 3);
  await until(async () => (await countOf(kit, "HoldfastOutcome = 'parked'")) === completions);
  await pause(beganAt + outageMs - Date.now());
  const sample = await Promise.all(ids.slice(0, 10).map((id) => looksOf(kit, id)));

  provider.plan(model, step.answer('Back again'));
  const backAt = Date.now();
  await until(async () => (await countOf(kit, "ExecutionStatus = 'Running'")) === 0);
  const results = await inTurns(ids, (id) =>
    holdfast
      .get(id)
      .result()
      .catch(() => undefined),
  );
  const histories = await inTurns(ids, (id) => eventsOf(kit, id));
  const events = histories.map(({ all }) => all);
  const woke = after(provider.calls(model), backAt);
  return {
    completions,
    answered: results.filter((result) => result?.answer === 'Back again').length,
    callsInOutage: provider.calls(model).length - woke.length,
    wokeAfterSeconds: {
      first: round(woke[0] ?? NaN),
      median: round(woke[Math.floor(woke.length / 2)] ?? NaN),
      last: round(woke.at(-1) ?? NaN),
    },
    mostWokenInASecond: Math.max(
      ...woke.map((start) => woke.filter((other) => other >= start && other < start + 1).length),
    ),
    events: {
      most: Math.max(...events),
      mean: round(events.reduce((sum, length) => sum + length, 0) / events.length),
      mostWithoutRepeats: Math.max(...histories.map(({ all, repeats }) => all - repeats)),
    },
    looks: Math.max(...sample),
  };
}

/** Seconds after a moment at which calls began, in order. */
function after(calls: FakeCall[], moment: number): number[] {
  return calls
    .filter(({ startedAt }) => startedAt >= moment)
    .map(({ startedAt }) => (startedAt - moment) / 1_000)
    .sort((one, other) => one - other);
}

/** Completions of the kit, leaving its breakers out. */
async function countOf({ temporal, taskQueue }: CompletionKit, what: string): Promise<number> {
  const query = `WorkflowType = 'completion' AND TaskQueue = '${taskQueue}' AND ${what}`;
  return (await temporal.workflow.count(query)).count;
}

/** Events of a history, and those among them that belong to workflow tasks which timed out. */
async function eventsOf({ temporal }: CompletionKit, id: string): Promise<{ all: number; repeats: number }> {
  const { events = [] } = await temporal.workflow.getHandle(id).fetchHistory();
  const timedOut = (events ?? []).flatMap(({ workflowTaskTimedOutEventAttributes: task }) => task ?? []);
  const started = timedOut.filter(({ startedEventId }) => Number(startedEventId ?? 0) > 0);
  return { all: events?.length ?? 0, repeats: 2 * timedOut.length + started.length };
}

async function looksOf({ temporal }: CompletionKit, id: string): Promise<number> {
  const { raw } = await temporal.workflow.getHandle(id).describe();
  return raw.pendingActivities?.[0]?.attempt ?? 0;
}

async function inTurns<Item, Result>(
  items: Item[],
  work: (item: Item) => Promise<Result>,
  atOnce = together,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(work))));
  }
  return results;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(1_000);
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms));
  });

const round = (value: number): number => Math.round(value * 100) / 100;
