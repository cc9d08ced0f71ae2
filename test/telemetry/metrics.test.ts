import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../contracts/attempt.js';
import type { CompletionResult } from '../../contracts/completion.js';
import { latestMetricNames, metricBuckets, metricNames } from '../../contracts/metric-names.js';
import { createMetrics, type Metrics, type MetricsOptions } from '../../telemetry/metrics.js';
import { Scrape } from './scrape.js';

const known = {
  models: { 'gpt-4': {}, claude: {} },
  providers: {
    main: { kind: 'openai', baseUrl: 'https://api.openai.com/v1' },
    backup: { kind: 'anthropic' },
    own: { kind: 'openai', baseUrl: 'http://10.0.0.7/v1' },
  },
};
const usage = {
  inputTokens: 100,
  outputTokens: 21,
  cachedInputTokens: 40,
  cacheWriteInputTokens: 5,
  reasoningTokens: 7,
};

const metricsWith = (options: Partial<MetricsOptions> = {}): Metrics =>
  createMetrics({ known: () => known, env: {}, ...options });

const began = { model: 'gpt-4', provider: 'main', startedAt: '2026-11-02T10:00:00.000Z', durationMs: 400 };

function attempt(fields: Partial<Attempt> = {}): Attempt {
  return { ...began, outcome: 'success', usage, costUsd: 0.25, next: { action: 'answer' }, ...fields };
}

function failed(fields: Partial<Attempt> = {}): Attempt {
  return { ...began, outcome: 'overloaded', ...fields };
}

/** gpt-4 was overloaded twice, then claude answered. */
function resultOf(fields: Partial<CompletionResult> = {}): CompletionResult {
  return {
    id: randomUUID(),
    model: 'claude',
    provider: 'backup',
    requestedModel: 'gpt-4',
    answer: 'Hello',
    finishReason: 'stop',
    attempts: [
      failed({ next: { action: 'retry', afterMs: 100, because: 'backoff' } }),
      failed({
        next: { action: 'fallback', to: 'claude', because: '2 of 2 attempts used' },
        startedAt: '2026-11-02T10:00:00.500Z',
      }),
      attempt({
        model: 'claude',
        provider: 'backup',
        startedAt: '2026-11-02T10:00:01.000Z',
        firstTokenMs: 200,
      }),
    ],
    fallback: { from: 'gpt-4', to: 'claude', reason: 'overloaded' },
    costUsd: 0.25,
    usage,
    configHash: 'abc',
    notices: [],
    ...fields,
  };
}

const served = { durationMs: 1_500, firstTokenMs: 1_100, overheadMs: 12, streamed: true };

/** Each recorder once, so that every metric has something to show. */
function recordEverything(metrics: Metrics): void {
  metrics.recordResult(resultOf(), served);
  metrics.attempt(failed({ role: 'hedge', outcome: 'cancelled', costUsd: null }));
  metrics.inFlight(1);
  metrics.replayed();
  metrics.rejected('draining');
}

const breakers = () => [{ model: 'gpt-4', phase: 'open' as const, generation: 3 }];

/** As Prometheus has it; the names say which of them are durations. */
const inPrometheus = (name: string): string =>
  name.replaceAll('.', '_') + (/\.(duration|time_\w+)$/.test(name) ? '_seconds' : '');

describe('a scrape', () => {
  const own = Object.values(metricNames).filter((name) => name.startsWith('holdfast_'));
  const released = Object.values(metricNames).filter((name) => name.startsWith('gen_ai.'));
  const counters: readonly string[] = Object.values(latestMetricNames).filter((name) =>
    name.includes('.usage.'),
  );
  const latest = Object.values(latestMetricNames).map((name) =>
    counters.includes(name) ? `${inPrometheus(name)}_total` : inPrometheus(name),
  );

  it('has every metric by its name after one recording of each, and no other', async () => {
    const metrics = metricsWith({ breakers });
    recordEverything(metrics);
    const { families } = await Scrape.of(metrics);
    expect([...families.keys()].sort()).toEqual([...own, ...released.map(inPrometheus)].sort());
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('has the coming names of the conventions in place of the released ones where the environment says so', async () => {
    const env = { OTEL_SEMCONV_STABILITY_OPT_IN: 'http, gen_ai_latest_experimental' };
    const metrics = metricsWith({ breakers, env });
    recordEverything(metrics);
    const scrape = await Scrape.of(metrics);
    expect([...scrape.families.keys()].sort()).toEqual([...own, ...latest].sort());
    expect(Object.values(scrape.of('gen_ai_client_inference_usage_cache_read_input_tokens_total'))).toEqual([
      40,
    ]);
  });

  it('has the buckets that the conventions set', async () => {
    const metrics = metricsWith();
    recordEverything(metrics);
    const { samples } = await Scrape.of(metrics);
    const bounds = (name: string): string[] => [
      ...new Set(
        samples.filter((sample) => sample.name === `${name}_bucket`).map(({ labels }) => labels['le'] ?? ''),
      ),
    ];
    const expected = (buckets: readonly number[]): string[] => [...buckets.map(String), '+Inf'];
    expect(bounds('gen_ai_client_operation_duration_seconds')).toEqual(expected(metricBuckets.duration));
    expect(metricBuckets.duration).toEqual([...Array(14).keys()].map((power) => 2 ** power / 100));
    expect(bounds('gen_ai_client_token_usage')).toEqual(expected(metricBuckets.tokens));
    expect(metricBuckets.tokens).toEqual([...Array(14).keys()].map((power) => 4 ** power));
  });

  it('is that of its own value: several in one process do not see each other', async () => {
    const [one, other] = [metricsWith(), metricsWith()];
    one.replayed();
    expect((await Scrape.of(one)).of(metricNames.replayed)).toEqual({ '': 1 });
    expect((await Scrape.of(other)).of(metricNames.replayed)).toEqual({ '': 0 });
  });

  it('shows breakers as they are at that moment', async () => {
    let phase: 'open' | 'half_open' = 'open';
    const metrics = metricsWith({ breakers: () => [{ model: 'gpt-4', phase, generation: 3 }] });
    expect((await Scrape.of(metrics)).of(metricNames.breakerState)).toEqual({ 'model=gpt-4': 2 });
    phase = 'half_open';
    const scrape = await Scrape.of(metrics);
    expect(scrape.of(metricNames.breakerState)).toEqual({ 'model=gpt-4': 1 });
    expect(scrape.of(metricNames.breakerTransitions)).toEqual({ 'model=gpt-4': 3 });
  });
});

describe('the trail of a completion', () => {
  it('is counted: each attempt, each fallback, what was spent, and the whole', async () => {
    const metrics = metricsWith();
    metrics.recordResult(resultOf(), served);
    const scrape = await Scrape.of(metrics);
    expect(scrape.of(metricNames.attempts)).toEqual({
      'class=failure model=gpt-4 outcome=overloaded provider=main': 2,
      'class=success model=claude outcome=success provider=backup': 1,
    });
    expect(scrape.of(metricNames.fallbacks)).toEqual({ 'from=gpt-4 reason=overloaded to=claude': 1 });
    expect(scrape.of(metricNames.completions)).toEqual({ 'model=gpt-4 outcome=success streamed=true': 1 });
    expect(scrape.of(metricNames.costUsd)).toEqual({ 'model=claude provider=backup': 0.25 });
    expect(scrape.of(`${metricNames.overhead}_sum`)).toEqual({ 'streamed=true': 0.012 });
    const who =
      'gen_ai_operation_name=chat gen_ai_provider_name=anthropic gen_ai_request_model=gpt-4 gen_ai_response_model=claude';
    expect(scrape.of('gen_ai_client_operation_duration_seconds_sum')).toEqual({ [who]: 1.5 });
    expect(scrape.of('gen_ai_server_time_to_first_token_seconds_sum')).toEqual({ [who]: 1.1 });
    // 400 ms for the 20 tokens after the first.
    expect(scrape.of('gen_ai_server_time_per_output_token_seconds_sum')).toEqual({ [who]: 0.02 });
    expect(scrape.of('gen_ai_client_token_usage_sum')).toEqual({
      [`${who} gen_ai_token_type=input`]: 100,
      [`${who} gen_ai_token_type=output`]: 21,
    });
  });

  it('is counted once, however often it is told; another run under the same id is another one', async () => {
    const metrics = metricsWith();
    const result = resultOf();
    const failure = { id: randomUUID(), kind: 'overloaded' as const, requestedModel: 'gpt-4' };
    for (let times = 0; times < 3; times += 1) {
      // As it comes: each waiting request decodes one of its own.
      metrics.recordResult(structuredClone(result), served);
      metrics.recordFailure({ ...failure, attempts: [failed()] }, served);
    }
    metrics.recordFailure({ ...failure, attempts: [failed({ startedAt: '2026-11-02T11:00:00.000Z' })] });
    const scrape = await Scrape.of(metrics);
    expect(scrape.of(metricNames.completions)).toEqual({
      'model=gpt-4 outcome=success streamed=true': 1,
      'model=gpt-4 outcome=overloaded streamed=true': 1,
      'model=gpt-4 outcome=overloaded streamed=false': 1,
    });
    expect(scrape.of(metricNames.attempts)).toMatchObject({
      'class=failure model=gpt-4 outcome=overloaded provider=main': 4,
    });
    expect(scrape.of(metricNames.fallbacks)).toEqual({ 'from=gpt-4 reason=overloaded to=claude': 1 });
  });

  it('tells the times by itself where nobody else does', async () => {
    const metrics = metricsWith();
    metrics.recordResult(resultOf());
    const scrape = await Scrape.of(metrics);
    // From 10:00:00.000 to 400 ms after 10:00:01.000; its first token after 200 ms.
    expect(Object.values(scrape.of('gen_ai_client_operation_duration_seconds_sum'))).toEqual([1.4]);
    expect(Object.values(scrape.of('gen_ai_server_time_to_first_token_seconds_sum'))).toEqual([1.2]);
  });

  it.each(['slower', 'skipped'] as const)(
    'a fallback that no step of it tells, %s, counts',
    async (reason) => {
      const metrics = metricsWith();
      const attempts = [
        failed({ outcome: 'cancelled', next: { action: 'stop', because: 'claude answered first' } }),
        attempt({ model: 'claude', provider: 'backup', role: 'hedge' }),
      ];
      metrics.recordResult(resultOf({ attempts, fallback: { from: 'gpt-4', to: 'claude', reason } }));
      const scrape = await Scrape.of(metrics);
      expect(scrape.of(metricNames.fallbacks)).toEqual({ [`from=gpt-4 reason=${reason} to=claude`]: 1 });
      expect(scrape.of(metricNames.hedges)).toEqual({ 'model=claude outcome=success': 1 });
    },
  );

  it('without an answer names the error, and no model as the one that answered', async () => {
    const metrics = metricsWith();
    const attempts = [failed({ provider: 'own' })];
    metrics.recordFailure({ id: 'one', kind: 'exhausted', requestedModel: 'gpt-4', attempts }, served);
    const scrape = await Scrape.of(metrics);
    expect(scrape.of('gen_ai_client_operation_duration_seconds_count')).toEqual({
      'error_type=exhausted gen_ai_operation_name=chat gen_ai_provider_name=own gen_ai_request_model=gpt-4': 1,
    });
  });
});

describe('recording', () => {
  it('makes no more series than there are names: ids and free text are counted as other', async () => {
    const metrics = metricsWith();
    const strange = (): void => {
      const text = `${randomUUID()} "quoted"\n`;
      const outcome = text as Attempt['outcome'];
      const unheard = failed({ model: text, provider: text, outcome });
      metrics.attempt({ ...unheard, next: { action: 'fallback', to: text, because: text } });
      metrics.fallback({ from: text, to: text, reason: text });
      metrics.completion({
        ...served,
        outcome: 'exhausted',
        requestedModel: text,
        model: text,
        provider: text,
      });
      metrics.recordResult(resultOf({ model: text, provider: text, requestedModel: '__proto__' }));
      metrics.rejected(text);
    };
    strange();
    const before = (await Scrape.of(metrics)).samples.length;
    for (let times = 0; times < 200; times += 1) strange();
    const scrape = await Scrape.of(metrics);
    expect(scrape.samples).toHaveLength(before);
    expect(scrape.of(metricNames.rejected)).toEqual({ 'reason=other': 201 });
    expect(scrape.of(metricNames.fallbacks)).toMatchObject({ 'from=other reason=other to=other': 201 });
  });

  it('never throws, and nothing that is no amount spoils a sum', async () => {
    const metrics = metricsWith();
    const nonsense: unknown[] = [undefined, null, {}, { attempts: 'none' }, { attempts: [null] }, 7];
    for (const value of nonsense) {
      expect(() => {
        metrics.recordResult(value as CompletionResult);
        metrics.recordFailure(value as Parameters<Metrics['recordFailure']>[0]);
        metrics.attempt(value as Attempt);
        metrics.completion(value as Parameters<Metrics['completion']>[0]);
      }).not.toThrow();
    }
    const spoilt = createMetrics({
      env: {},
      known: () => {
        throw new Error('no config');
      },
    });
    expect(() => recordEverything(spoilt)).not.toThrow();

    for (const durationMs of [NaN, -1, Infinity, 250]) {
      metrics.completion({
        outcome: 'success',
        requestedModel: 'gpt-4',
        model: 'gpt-4',
        durationMs,
        streamed: false,
      });
      metrics.attempt(attempt({ costUsd: durationMs }));
    }
    const scrape = await Scrape.of(metrics);
    const answered = scrape.samples.filter(
      ({ name, labels }) =>
        name === 'gen_ai_client_operation_duration_seconds_sum' &&
        labels['gen_ai_response_model'] === 'gpt-4',
    );
    expect(answered.map(({ value }) => value)).toEqual([0.25]);
    expect(scrape.of(metricNames.costUsd)).toEqual({ 'model=gpt-4 provider=main': 250 });
  });
});
