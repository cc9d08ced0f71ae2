import { describe, expect, it } from 'vitest';
import { latestMetricNames, metricBuckets, metricNames } from '../../contracts/metric-names.js';
import { metricsWith, recordEverything } from './completions.js';
import { Scrape } from './scrape.js';

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
