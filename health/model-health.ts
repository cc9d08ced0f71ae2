import { randomUUID } from 'node:crypto';
import type { Attempt } from '../contracts/attempt.js';
import type { BreakerView, Refusal } from '../contracts/health.js';
import { isFailure } from '../contracts/outcome.js';
import type { BenchEntry } from '../policy/bench.js';
import { evidenceOf, type Evidence } from '../policy/breaker-evidence.js';
import { outcomeRules } from '../policy/outcome-rules.js';
import { Admissions, type AdmissionAnswer, type AdmissionRequest, type AdmittedCall } from './admissions.js';
import { Benches, type KeyUse } from './benches.js';
import type { BreakerClient } from './breaker-client.js';
import { BreakerReporter } from './breaker-reporter.js';
import { BreakerViews } from './breaker-views.js';
import { FailureReporter } from './failure-reporter.js';
import { Loads, type ModelLoad } from './load.js';
import type { HealthPolicy } from './health-policy.js';
import { OwnKnowledge } from './own-knowledge.js';
import { Parked } from './parked.js';
import { Probes } from './probes.js';
import { ServerClock } from './server-clock.js';
import { Trouble } from './trouble.js';
import { within } from './within.js';

export type { AdmissionAnswer, AdmittedCall, HealthPolicy };

export interface ModelHealthOptions {
  client: BreakerClient;
  policy: () => HealthPolicy;
  now: () => number;
  random: () => number;
  /** Told in a sentence when breakers or monitor cannot be reached, and when they can be again. */
  tell: (level: 'warn' | 'info', sentence: string) => void;
}

/** How long the last reports may hold up a shutdown. */
const flushMs = 1_000;

/** What one process knows and tells of the health of models. */
export class ModelHealth {
  readonly clock = new ServerClock();
  readonly parked = new Parked();
  readonly #options: ModelHealthOptions;
  readonly #ending = new AbortController();
  readonly #benches = new Benches();
  readonly #loads = new Loads();
  readonly #own: OwnKnowledge;
  readonly #views: BreakerViews;
  readonly #breakers: BreakerReporter;
  readonly #failures: FailureReporter;
  readonly #probes: Probes;
  readonly #admissions: Admissions;

  constructor(options: ModelHealthOptions) {
    this.#options = options;
    const { client, policy, now, random, tell } = options;
    const from = { client, reporter: randomUUID(), now };
    const { signal } = this.#ending;
    const trouble = new Trouble({
      begins: (reason) =>
        tell(
          'warn',
          `breakers cannot be reached: models are called without them, and reports wait: ${reason}`,
        ),
      over: () => tell('info', 'breakers can be reached again'),
    });
    const deaf = new Trouble({
      begins: (reason) =>
        tell('warn', `the failure monitor cannot be reached, so failures are told later: ${reason}`),
      over: () => tell('info', 'the failure monitor can be reached again'),
    });
    this.#own = new OwnKnowledge(now);
    this.#views = new BreakerViews({
      client,
      now,
      random,
      trouble,
      onRead: (model, view) => this.#admissions.saw(model, view),
    });
    this.#breakers = new BreakerReporter({
      ...from,
      settings: () => inForce(policy().breaker, policy().version),
      view: (model) => this.#views.known(model),
      refresh: (model) => void this.#views.refresh(model),
      sending: { signal, trouble },
    });
    this.#failures = new FailureReporter({
      ...from,
      settings: () => inForce(policy().alerts, policy().version),
      sending: { signal, trouble: deaf },
    });
    this.#probes = new Probes({
      ...from,
      tell: (sentence) => tell('warn', sentence),
      onOver: (model, lease, ended, calls) =>
        this.#breakers.note(model, lease.generation, (bucket) => {
          for (const call of calls) {
            if (call.ended === 'success') bucket.success(call.at);
            if (call.kind !== undefined) bucket.failure(call.at, call.kind);
          }
          bucket.probe(lease.id, ended);
        }),
    });
    const { clock } = this;
    this.#admissions = new Admissions({
      policy,
      now,
      clock,
      own: this.#own,
      views: this.#views,
      benches: this.#benches,
      probes: this.#probes,
    });
  }

  /** Whether a model may be called now. Asks the breaker for a probe where one is needed. */
  admit(request: AdmissionRequest): Promise<AdmissionAnswer> {
    return this.#admissions.admit(request);
  }

  /** Why a model would be refused now without asking anybody; undefined where it may be called, or probed. */
  refusal(model: string, provider: string): Promise<Refusal | undefined> {
    return this.#admissions.refusal(model, provider);
  }

  /** Notes that a provider call begins. @param first Whether it is the first one of its model for a completion. */
  began({ model, lease }: AdmittedCall, first: boolean): void {
    this.#loads.began(model);
    if (first) this.#own.began(model);
    if (lease !== undefined) this.#probes.began(model, lease);
  }

  /** Notes that tokens of its answer have come. */
  answering({ lease }: AdmittedCall): void {
    if (lease !== undefined) this.#probes.answering(lease);
  }

  /** Notes that a provider call is over without anybody knowing how. */
  abandoned({ model }: AdmittedCall): void {
    this.#loads.ended(model, undefined);
  }

  /**
   * Notes how a provider call of an admitted call ended.
   * @param usualMs How long such a call may take by the config, in milliseconds.
   */
  ended(call: AdmittedCall, attempt: Attempt, usualMs: number): void {
    const { model, provider, generation } = call;
    const { breaker, bench } = this.#options.policy();
    const { outcome, retryAfterMs = 0 } = attempt;
    const evidence = evidenceOf(attempt, usualMs);
    this.#loads.ended(model, evidence === 'nothing' ? undefined : evidence === 'success');
    this.#failures.note(attempt);
    this.#count(call, evidence, outcome, breaker?.failureThreshold ?? Infinity);
    if (!isFailure(outcome)) return;

    const { health: concern } = outcomeRules[outcome];
    if (retryAfterMs > 0 && (concern === 'gate' || concern === 'failure')) {
      const until = this.#own.gate(model, retryAfterMs);
      this.#breakers.note(model, generation, (bucket) => bucket.gate(until));
    }
    if (bench !== undefined && (concern === 'model' || concern === 'provider')) {
      const name = concern === 'model' ? model : provider;
      this.#benches.bench(concern, name, outcome, this.#options.now(), bench);
      // A provider that cannot be reached from here may be reached from elsewhere.
      if (concern === 'model') {
        const { durationMs: forMs, maxDurationMs: maxMs } = bench;
        this.#breakers.note(model, generation, (bucket) => bucket.bench({ because: outcome, forMs, maxMs }));
      }
    }
  }

  /** Gives the probe of a call back, if it is one: its attempt is over. */
  released({ model, lease }: AdmittedCall): void {
    if (lease !== undefined) this.#probes.giveBack(model, lease);
  }

  /** Sets a key aside that its provider refused. */
  keyRefused(use: KeyUse, { outcome, httpStatus }: Pick<Attempt, 'outcome' | 'httpStatus'>): void {
    const { policy, now } = this.#options;
    const { bench } = policy();
    if (bench === undefined || !isFailure(outcome)) return;
    // A 403 may concern this model only; other models may still take the key. Credit is that of the key.
    const onlyForModel = httpStatus === 403 && outcome === 'auth_failed';
    this.#benches.benchKey(use, onlyForModel, outcome, now(), bench);
  }

  /** The bench that a key is on, with the milliseconds that are left of it. */
  keyBench(use: KeyUse): (BenchEntry & { leftMs: number }) | undefined {
    const at = this.#options.now();
    const bench = this.#benches.keyBench(use, at);
    return bench === undefined ? undefined : { ...bench, leftMs: bench.until - at };
  }

  /** Whether a retry of this model, or a hedge against its slowness, is within the budget of this process. */
  allowsExtra(model: string): boolean {
    const { retryBudget } = this.#options.policy();
    return retryBudget === undefined || this.#own.allowsExtra(model, retryBudget);
  }

  /** Takes a retry or a hedge from the budget: when it is decided, since others are decided before it is made. */
  countExtra(model: string): void {
    this.#own.countExtra(model);
  }

  /**
   * Whether a slow call of one model may be hedged with a call of another: within the share that may be hedged and the
   * retry budget of the slow one, and only while nothing is wrong with either. What is allowed is counted as done.
   */
  mayHedge(slow: { model: string }, other: { model: string; provider: string }): boolean {
    const { policy, now } = this.#options;
    const calm = [slow.model, other.model].every((model) => this.#admissions.isCalm(model));
    if (!calm || this.#benches.of(other.model, other.provider, now()) !== undefined) return false;
    if (!this.allowsExtra(slow.model)) return false;
    if (!this.#own.takeHedge(slow.model, policy().hedgeShare ?? 0)) return false;
    this.countExtra(slow.model);
    return true;
  }

  /** A failure that no provider call told of: a lost worker, a fault of ours. */
  noteFailure(attempt: Attempt): void {
    this.#failures.note(attempt);
  }

  /** What is under way at a model and how it did lately, in this process. */
  load(model: string): ModelLoad {
    return this.#loads.of(model);
  }

  /** The breakers of the models that are called here, as they were read last. */
  breakers(): BreakerView[] {
    return this.#views.all();
  }

  /** Tells what is left to tell, within a second, and stops. */
  async stop(): Promise<void> {
    this.#views.stop();
    await within(flushMs, Promise.all([this.#breakers.flush(), this.#failures.flush()]));
    this.#ending.abort();
  }

  /** Counts a provider call. Those of a probe are told together with its end. */
  #count(call: AdmittedCall, evidence: Evidence, outcome: Attempt['outcome'], threshold: number): void {
    const { model, generation, lease } = call;
    const at = this.#options.now();
    const kind = evidence === 'failure' && isFailure(outcome) ? outcome : undefined;
    if (evidence === 'success') this.#own.succeeded(model);
    if (lease !== undefined) {
      const ended = evidence === 'nothing' ? 'unknown' : evidence;
      this.#probes.ended(model, lease, { at, ended, ...(kind === undefined ? {} : { kind }) });
    } else if (kind !== undefined) {
      this.#own.failed(model, generation, threshold);
      this.#breakers.note(model, generation, (bucket) => bucket.failure(at, kind));
    } else if (evidence === 'success') {
      this.#breakers.note(model, generation, (bucket) => bucket.success(at));
    }
  }
}

const inForce = <T>(
  settings: T | undefined,
  version: number,
): { settings: T; version: number } | undefined =>
  settings === undefined ? undefined : { settings, version };
