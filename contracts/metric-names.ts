/**
 * Every metric that Holdfast emits, in one place: dashboards, alert rules and tests take the names from here. Names
 * with dots are those of OpenTelemetry's conventions for generative AI, as released; own names start with `holdfast_`.
 * Prometheus writes `_` for a dot, and the unit behind a duration: `gen_ai_client_operation_duration_seconds`.
 */
export const metricNames = {
  /** Seconds of one completion, its retries and fallbacks included. */
  operationDuration: 'gen_ai.client.operation.duration',
  /** Tokens of one completion over all its attempts, by token type. */
  tokenUsage: 'gen_ai.client.token.usage',
  /** Seconds in which a completion was served; as the duration of the operation, under the name of the serving side. */
  requestDuration: 'gen_ai.server.request.duration',
  /** Seconds to the first token; streams only. */
  timeToFirstToken: 'gen_ai.server.time_to_first_token',
  /** Seconds for each token after the first; streams only. */
  timePerOutputToken: 'gen_ai.server.time_per_output_token',

  /** Provider calls, and those refused before they were made, by model, provider, outcome and class. */
  attempts: 'holdfast_attempts_total',
  /** Times that another model came next or answered instead, by from, to and reason. */
  fallbacks: 'holdfast_fallbacks_total',
  /** Second calls against a slow answer, by model and outcome. */
  hedges: 'holdfast_hedges_total',
  /** Finished completions, by the model asked for, outcome, and whether they were streamed. */
  completions: 'holdfast_completions_total',
  /** Requests that are being served. */
  inFlight: 'holdfast_completions_in_flight',
  /** Requests answered from what was recorded before. */
  replayed: 'holdfast_replayed_total',
  /** Requests that were turned away before a completion was started, by reason. */
  rejected: 'holdfast_rejected_total',
  /** US dollars spent, by model and provider. */
  costUsd: 'holdfast_cost_usd_total',
  /** Calls that were paid for without anybody knowing how much, by model and provider. */
  costUnknown: 'holdfast_cost_unknown_total',
  /** Seconds of a completion that no provider had a part in. */
  overhead: 'holdfast_overhead_seconds',
  /** 0 closed, 1 half open, 2 open, by model; all processes of a task queue say the same. */
  breakerState: 'holdfast_breaker_state',
  /** Transitions of a model's breaker; all processes of a task queue count the same ones. */
  breakerTransitions: 'holdfast_breaker_transitions_total',
} as const;

/**
 * What stands in place of the `gen_ai.` names above with `OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental`: the
 * conventions as they are being worked on. Their time per chunk is left out, since chunks are not timed one by one.
 */
export const latestMetricNames = {
  duration: 'gen_ai.client.inference.duration',
  timeToFirstChunk: 'gen_ai.client.inference.time_to_first_chunk',
  inputTokens: 'gen_ai.client.inference.usage.input_tokens',
  outputTokens: 'gen_ai.client.inference.usage.output_tokens',
  cacheReadInputTokens: 'gen_ai.client.inference.usage.cache_read.input_tokens',
  cacheWriteInputTokens: 'gen_ai.client.inference.usage.cache_write.input_tokens',
  reasoningOutputTokens: 'gen_ai.client.inference.usage.reasoning.output_tokens',
  operationInputTokens: 'gen_ai.client.inference.operation.input_tokens',
  operationOutputTokens: 'gen_ai.client.inference.operation.output_tokens',
} as const;

/** Upper ends of the histograms' buckets, in seconds or tokens; those of `gen_ai.` names are the conventions' own. */
export const metricBuckets = {
  duration: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  timeToFirstToken: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  timePerOutputToken: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
  tokens: [
    1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
  ],
  overhead: [
    0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192,
  ],
} as const;

/** Why a request was turned away, as the label `reason` says it; the codes that its response carries. */
export const rejectionReasons = [
  'draining',
  'too_many_open',
  'engine_unavailable',
  'engine_refused',
  'invalid_request',
  'incomplete_body',
  'payload_too_large',
  'unsupported_encoding',
  'unsupported_media_type',
  'model_not_found',
  'model_not_allowed',
  'not_found',
  'completion_not_found',
  'idempotency_key_mismatch',
  'invalid_api_key',
  'foreign_origin',
  'requests_per_minute',
  'tokens_per_minute',
  'internal_error',
] as const;

export type RejectionReason = (typeof rejectionReasons)[number];
