import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../contracts/attempt.js';
import type { CompletionResult } from '../../contracts/completion.js';
import { metricNames } from '../../contracts/metric-names.js';
import { createMetrics, type Metrics } from '../../telemetry/metrics.js';
import { attempt, failed, metricsWith, recordEverything, resultOf, served } from './completions.js';
import { Scrape } from './scrape.js';

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
