import type { Attributes, Counter, Meter } from '@opentelemetry/api';
import { latestMetricNames, metricBuckets, metricNames } from '../contracts/metric-names.js';
import type { CompletionRecord } from './completion-record.js';
import type { Labels } from './labels.js';

/** The metrics of a completion that OpenTelemetry's conventions name. */
export type GenerativeAiMetrics = (record: CompletionRecord) => void;

/** True when the environment asks for the conventions that are being worked on, in place of the released ones. */
export function wantsLatest(optIn = ''): boolean {
  return optIn.split(',').some((word) => word.trim() === 'gen_ai_latest_experimental');
}

/** Under the released names. */
export function releasedMetrics(meter: Meter, labels: Labels): GenerativeAiMetrics {
  const operationDuration = seconds(
    meter,
    metricNames.operationDuration,
    'Duration of a completion',
    'duration',
  );
  const requestDuration = seconds(
    meter,
    metricNames.requestDuration,
    'Time to serve a completion',
    'duration',
  );
  const timeToFirstToken = seconds(
    meter,
    metricNames.timeToFirstToken,
    'Time to the first token of a streamed completion',
    'timeToFirstToken',
  );
  const timePerOutputToken = seconds(
    meter,
    metricNames.timePerOutputToken,
    'Time for each token after the first of a streamed completion',
    'timePerOutputToken',
  );
  const tokenUsage = tokens(meter, metricNames.tokenUsage, 'Tokens of a completion');
  return (record) => {
    const attributes = attributesOf(record, labels);
    operationDuration(record.durationMs, attributes);
    requestDuration(record.durationMs, attributes);
    timeToFirstToken(record.firstTokenMs, attributes);
    timePerOutputToken(msPerToken(record), attributes);
    tokenUsage(record.usage?.inputTokens, { ...attributes, 'gen_ai.token.type': 'input' });
    tokenUsage(record.usage?.outputTokens, { ...attributes, 'gen_ai.token.type': 'output' });
  };
}

/** Under the names that are to come. */
export function latestMetrics(meter: Meter, labels: Labels): GenerativeAiMetrics {
  const names = latestMetricNames;
  const duration = seconds(meter, names.duration, 'Duration of a completion', 'duration');
  const timeToFirstChunk = seconds(
    meter,
    names.timeToFirstChunk,
    'Time to the first token of a streamed completion',
    'timeToFirstToken',
  );
  const counter = (name: string, description: string): Counter =>
    meter.createCounter(name, { description, unit: '{token}' });
  const input = counter(names.inputTokens, 'Tokens of questions');
  const output = counter(names.outputTokens, 'Tokens of answers');
  const cacheRead = counter(names.cacheReadInputTokens, 'Tokens of questions read from a cache');
  const cacheWrite = counter(names.cacheWriteInputTokens, 'Tokens of questions written to a cache');
  const reasoning = counter(names.reasoningOutputTokens, 'Tokens of answers spent on reasoning');
  const operationInput = tokens(meter, names.operationInputTokens, 'Tokens of the question of a completion');
  const operationOutput = tokens(meter, names.operationOutputTokens, 'Tokens of the answer of a completion');
  return (record) => {
    const attributes = attributesOf(record, labels);
    duration(record.durationMs, attributes);
    timeToFirstChunk(record.firstTokenMs, attributes);
    const { usage } = record;
    if (usage === undefined) return;
    addTo(input, usage.inputTokens, attributes);
    addTo(output, usage.outputTokens, attributes);
    addTo(cacheRead, usage.cachedInputTokens, attributes);
    addTo(cacheWrite, usage.cacheWriteInputTokens, attributes);
    addTo(reasoning, usage.reasoningTokens, attributes);
    operationInput(usage.inputTokens, attributes);
    operationOutput(usage.outputTokens, attributes);
  };
}

/** Adds what is a number and no less than nothing: anything else would spoil the sum for good. */
export function addTo(counter: Counter, value: number | undefined, attributes: Attributes): void {
  if (isAmount(value)) counter.add(value, attributes);
}

type Recorder = (value: number | undefined, attributes: Attributes) => void;

/** A histogram of seconds that takes milliseconds. */
export function seconds(
  meter: Meter,
  name: string,
  description: string,
  buckets: Exclude<keyof typeof metricBuckets, 'tokens'>,
): Recorder {
  const advice = { explicitBucketBoundaries: [...metricBuckets[buckets]] };
  const histogram = meter.createHistogram(name, { description, unit: 's', advice });
  return (milliseconds, attributes) => {
    if (isAmount(milliseconds)) histogram.record(milliseconds / 1_000, attributes);
  };
}

function tokens(meter: Meter, name: string, description: string): Recorder {
  const advice = { explicitBucketBoundaries: [...metricBuckets.tokens] };
  const histogram = meter.createHistogram(name, { description, unit: '{token}', advice });
  return (value, attributes) => {
    if (isAmount(value)) histogram.record(value, attributes);
  };
}

const isAmount = (value: number | undefined): value is number => Number.isFinite(value) && Number(value) >= 0;

function attributesOf(
  { requestedModel, model, provider, outcome }: CompletionRecord,
  labels: Labels,
): Attributes {
  const answered = outcome === 'success' || outcome === 'degraded';
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': labels.wellKnownProvider(provider ?? ''),
    'gen_ai.request.model': labels.model(requestedModel),
    ...(answered && model !== undefined ? { 'gen_ai.response.model': labels.model(model) } : {}),
    ...(answered ? {} : { 'error.type': labels.outcome(outcome) }),
  };
}

function msPerToken({ durationMs, firstTokenMs, answerTokens }: CompletionRecord): number | undefined {
  if (firstTokenMs === undefined || answerTokens === undefined || answerTokens < 2) return undefined;
  return (durationMs - firstTokenMs) / (answerTokens - 1);
}
