import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Attempt } from '../contracts/attempt.js';
import type { CompletionResult } from '../contracts/completion.js';
import type { BreakerView } from '../contracts/health.js';
import { metricNames, type RejectionReason } from '../contracts/metric-names.js';
import {
  fallbacksOf,
  recordOfFailure,
  recordOfResult,
  type CompletionRecord,
  type FailedCompletion,
  type Fallback,
  type Served,
} from './completion-record.js';
import { expose, expositionContentType, ScrapeReader } from './exposition.js';
import { addTo, latestMetrics, releasedMetrics, seconds, wantsLatest } from './generative-ai.js';
import { Labels, type KnownNames } from './labels.js';
import { Seen } from './seen.js';

export type { CompletionRecord, FailedCompletion, Fallback, KnownNames, Served };

export interface MetricsOptions {
  /** The config in force: its names are the only ones that become labels. */
  known: () => KnownNames;
  /** What this process knows of its models' breakers; read at each scrape. */
  breakers?: () => Iterable<Pick<BreakerView, 'model' | 'phase' | 'generation'>>;
  /** For `OTEL_SEMCONV_STABILITY_OPT_IN`; that of the process unless given. */
  env?: NodeJS.ProcessEnv;
}

/** The metrics of one process. Recording is synchronous, costs microseconds and never throws. */
export interface Metrics {
  /** Everything so far, in Prometheus' text format. */
  text(): Promise<string>;
  /** Media type of the text. */
  contentType: string;
  /** Counts a whole completion by its trail: its attempts, its fallbacks, its end. Once, however often it is told. */
  recordResult(result: CompletionResult, served?: Served): void;
  /** As {@link Metrics.recordResult}, for one without an answer. */
  recordFailure(failure: FailedCompletion, served?: Served): void;
  /** One attempt; not for those of trails that {@link Metrics.recordResult} is told of. */
  attempt(attempt: Attempt): void;
  /** One model in another's place; not for those of such trails. */
  fallback(fallback: Fallback): void;
  /** One completion without its trail; for cancelled ones, which have none. */
  completion(record: CompletionRecord): void;
  inFlight(change: 1 | -1): void;
  replayed(): void;
  rejected(reason: RejectionReason | (string & {})): void;
}

/** Completions that are told of again later than after so many others count anew. */
const mostRemembered = 10_000;

const phases = { closed: 0, half_open: 1, open: 2 } as const;

/** Metrics that nothing else of the process shares: several may exist. */
export function createMetrics({ known, breakers, env = process.env }: MetricsOptions): Metrics {
  const reader = new ScrapeReader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter('holdfast');
  const labels = new Labels(known);
  const seen = new Seen(mostRemembered);
  const latest = wantsLatest(env['OTEL_SEMCONV_STABILITY_OPT_IN']);
  const generativeAi = (latest ? latestMetrics : releasedMetrics)(meter, labels);

  const attempts = meter.createCounter(metricNames.attempts, { description: 'Provider calls' });
  const fallbacks = meter.createCounter(metricNames.fallbacks, {
    description: 'Other models called instead',
  });
  const hedges = meter.createCounter(metricNames.hedges, {
    description: 'Second calls against slow answers',
  });
  const completions = meter.createCounter(metricNames.completions, { description: 'Finished completions' });
  const inFlight = meter.createUpDownCounter(metricNames.inFlight, { description: 'Requests being served' });
  const replayed = meter.createCounter(metricNames.replayed, { description: 'Answers from the record' });
  const rejected = meter.createCounter(metricNames.rejected, { description: 'Requests turned away' });
  const costUsd = meter.createCounter(metricNames.costUsd, { description: 'US dollars spent' });
  const costUnknown = meter.createCounter(metricNames.costUnknown, {
    description: 'Calls that cost nobody knows how much',
  });
  const overhead = seconds(meter, metricNames.overhead, 'Time that no provider had a part in', 'overhead');
  // A rate can be told from the first one on.
  inFlight.add(0);
  replayed.add(0);

  const breakerState = meter.createObservableGauge(metricNames.breakerState, {
    description: 'Breakers: 0 closed, 1 half open, 2 open',
  });
  const breakerTransitions = meter.createObservableCounter(metricNames.breakerTransitions, {
    description: 'Transitions of breakers',
  });
  if (breakers !== undefined) {
    meter.addBatchObservableCallback(
      (observe) => {
        for (const { model, phase, generation } of breakers()) {
          observe.observe(breakerState, phases[phase], { model: labels.model(model) });
          observe.observe(breakerTransitions, generation, { model: labels.model(model) });
        }
      },
      [breakerState, breakerTransitions],
    );
  }

  function countAttempt({ model, provider, outcome, role, costUsd: cost }: Attempt): void {
    const called = { model: labels.model(model), provider: labels.provider(provider) };
    const ended = labels.outcome(outcome);
    attempts.add(1, { ...called, outcome: ended, class: labels.attemptClass(outcome) });
    if (role === 'hedge') hedges.add(1, { model: called.model, outcome: ended });
    if (cost === null) costUnknown.add(1, called);
    else addTo(costUsd, cost, called);
  }

  function countFallback({ from, to, reason }: Fallback): void {
    fallbacks.add(1, {
      from: labels.model(from),
      to: labels.model(to),
      reason: labels.fallbackReason(reason),
    });
  }

  function countCompletion(record: CompletionRecord): void {
    const { requestedModel, outcome, streamed, overheadMs } = record;
    const model = labels.model(requestedModel);
    completions.add(1, { model, outcome: labels.outcome(outcome), streamed });
    overhead(overheadMs, { streamed });
    generativeAi(record);
  }

  function countAll(
    { id, attempts: trail }: Pick<FailedCompletion, 'id' | 'attempts'>,
    steps: readonly Fallback[],
    record: CompletionRecord,
  ): void {
    // A completion that failed may run again under its id.
    if (!seen.first(`${id} ${trail[0]?.startedAt ?? ''}`)) return;
    trail.forEach(countAttempt);
    steps.forEach(countFallback);
    countCompletion(record);
  }

  return {
    text: async () => expose((await reader.collect()).resourceMetrics),
    contentType: expositionContentType,
    recordResult: harmless((result: CompletionResult, served?: Served) =>
      countAll(result, fallbacksOf(result.attempts, result.fallback), recordOfResult(result, served)),
    ),
    recordFailure: harmless((failure: FailedCompletion, served?: Served) =>
      countAll(failure, fallbacksOf(failure.attempts), recordOfFailure(failure, served)),
    ),
    attempt: harmless(countAttempt),
    fallback: harmless(countFallback),
    completion: harmless(countCompletion),
    inFlight: harmless((change: 1 | -1) => inFlight.add(change)),
    replayed: harmless(() => replayed.add(1)),
    rejected: harmless((reason: string) => rejected.add(1, { reason: labels.rejection(reason) })),
  };
}

/** No request fails because it could not be counted. */
function harmless<Arguments extends unknown[]>(
  record: (...told: Arguments) => void,
): (...told: Arguments) => void {
  return (...told) => {
    try {
      record(...told);
    } catch {
      // What cannot be counted is left out.
    }
  };
}
