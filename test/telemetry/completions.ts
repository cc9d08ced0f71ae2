import { randomUUID } from 'node:crypto';
import type { Attempt } from '../../contracts/attempt.js';
import type { CompletionResult } from '../../contracts/completion.js';
import { createMetrics, type Metrics, type MetricsOptions } from '../../telemetry/metrics.js';

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

export const metricsWith = (options: Partial<MetricsOptions> = {}): Metrics =>
  createMetrics({ known: () => known, env: {}, ...options });

const began = { model: 'gpt-4', provider: 'main', startedAt: '2026-11-02T10:00:00.000Z', durationMs: 400 };

export function attempt(fields: Partial<Attempt> = {}): Attempt {
  return { ...began, outcome: 'success', usage, costUsd: 0.25, next: { action: 'answer' }, ...fields };
}

export function failed(fields: Partial<Attempt> = {}): Attempt {
  return { ...began, outcome: 'overloaded', ...fields };
}

/** gpt-4 was overloaded twice, then claude answered. */
export function resultOf(fields: Partial<CompletionResult> = {}): CompletionResult {
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

export const served = { durationMs: 1_500, firstTokenMs: 1_100, overheadMs: 12, streamed: true };

/** Each recorder once, so that every metric has something to show. */
export function recordEverything(metrics: Metrics): void {
  metrics.recordResult(resultOf(), served);
  metrics.attempt(failed({ role: 'hedge', outcome: 'cancelled', costUsd: null }));
  metrics.inFlight(1);
  metrics.replayed();
  metrics.rejected('draining');
}
