import type { Attempt, Trail } from '../contracts/attempt.js';
import type { Usage } from '../contracts/chat.js';
import type { CompletionFailure, CompletionResult } from '../contracts/completion.js';
import type { CompletionOutcome } from './labels.js';

/** One finished completion. Durations in milliseconds. */
export interface CompletionRecord {
  outcome: CompletionOutcome;
  requestedModel: string;
  /** The model that answered; the last one tried where none did. */
  model?: string;
  provider?: string;
  /** From the request to its end. */
  durationMs: number;
  /** From the request to the first token; streams only. */
  firstTokenMs?: number;
  /** The part of the duration in which no provider was waited for. */
  overheadMs?: number;
  /** Over all attempts. */
  usage?: Usage;
  /** Of the answer alone. */
  answerTokens?: number;
  streamed: boolean;
}

/** How a completion looked from where it was served. Durations in milliseconds. */
export type Served = Pick<CompletionRecord, 'durationMs' | 'firstTokenMs' | 'overheadMs' | 'streamed'>;

/** A completion without an answer; a `CompletionFailedError` is one. */
export type FailedCompletion = Pick<CompletionFailure, 'kind' | 'attempts' | 'requestedModel'> & {
  id: string;
};

/** One model in another's place. */
export interface Fallback {
  from: string;
  to: string;
  /** How `from` ended, `slower`, or `skipped` where it was not called. */
  reason: string;
}

export function recordOfResult(
  { model, provider, requestedModel, degraded, attempts, usage }: CompletionResult,
  served = servedAsTold(attempts),
): CompletionRecord {
  const answerTokens = attempts.at(-1)?.usage?.outputTokens;
  return {
    ...served,
    outcome: degraded === true ? 'degraded' : 'success',
    requestedModel,
    model,
    provider,
    usage,
    ...(answerTokens === undefined || degraded === true ? {} : { answerTokens }),
  };
}

export function recordOfFailure(
  { kind, attempts, requestedModel }: FailedCompletion,
  served = servedAsTold(attempts),
): CompletionRecord {
  const last = attempts.at(-1);
  return {
    ...served,
    outcome: kind,
    requestedModel,
    ...(last === undefined ? {} : { model: last.model, provider: last.provider }),
  };
}

/** Each time that the trail went on to another model; and the fallback of the result where no step of the trail tells it. */
export function fallbacksOf(attempts: Trail, whole: CompletionResult['fallback'] = null): Fallback[] {
  const steps = attempts.flatMap(({ model, outcome, next }) =>
    next?.action === 'fallback' ? [{ from: model, to: next.to, reason: outcome }] : [],
  );
  const untold = whole !== null && (whole.reason === 'slower' || whole.reason === 'skipped');
  return untold ? [...steps, whole] : steps;
}

/** By the clocks of the workers, where whoever served it does not say. */
function servedAsTold(attempts: Trail): Served {
  const [first] = attempts;
  const last = attempts.at(-1);
  if (first === undefined || last === undefined) return { durationMs: 0, streamed: false };
  const lastBeganMs = beganAt(last) - beganAt(first);
  const durationMs = Math.max(lastBeganMs + last.durationMs, first.durationMs);
  return last.firstTokenMs === undefined
    ? { durationMs, streamed: false }
    : { durationMs, streamed: true, firstTokenMs: lastBeganMs + last.firstTokenMs };
}

const beganAt = ({ startedAt }: Attempt): number => Date.parse(startedAt);
