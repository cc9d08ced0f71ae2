import type { CompletionResult } from '../client/index.js';
import type { Adaptation } from '../contracts/adaptation.js';
import type { ChatAnswer } from '../contracts/chat.js';
import type { Continuation } from '../contracts/continuation.js';
import { whatElse } from '../policy/conclusion.js';

/** The answer in a recorded result, as the wires write it. Its tokens are those of the answer, not of the attempts before. */
export function answerIn(result: CompletionResult): ChatAnswer {
  // An answer of several authors took the tokens of all.
  const usage = result.continuations === undefined ? result.attempts.at(-1)?.usage : result.usage;
  return {
    text: result.answer,
    providerFinishReason: result.finishReason,
    ...whatElse(result),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** What is said of an answer besides it, by the names of the headers without `x-holdfast-`. */
export type AnswerFacts = Record<string, string | number | boolean>;

/** What is said of an answer besides it: headers of a plain response, the last event of a stream. */
export function factsOf(
  {
    id,
    model,
    provider,
    requestedModel,
    attempts,
    fallback,
    costUsd,
    notice,
    notices,
    degraded,
    continuations = [],
  }: CompletionResult,
  ignored: readonly string[],
): AnswerFacts {
  const dropped = [...ignored, ...(attempts.at(-1)?.adapted ?? []).flatMap(droppedName)];
  return {
    id,
    model,
    provider,
    'requested-model': requestedModel,
    attempts: attempts.length,
    ...(fallback === null ? {} : { 'fallback-reason': fallback.reason }),
    ...(costUsd === null ? {} : { 'cost-usd': costUsd }),
    ...(degraded === true ? { degraded } : {}),
    ...(continuations.length === 0 ? {} : { continued: continuations.map(continuedInWords).join(' | ') }),
    ...(notice === undefined ? {} : { notice }),
    ...(notices.length === 0 ? {} : { notices: notices.join(' | ') }),
    ...(dropped.length === 0 ? {} : { 'dropped-params': dropped.join(', ') }),
  };
}

function continuedInWords({ from, to, because, atCharacters }: Continuation): string {
  return `${from} > ${to} (${because}) at ${String(atCharacters)}`;
}

/** Milliseconds of a request that no provider call accounts for: waits between calls, and Holdfast itself. */
export function overheadMs({ attempts }: Pick<CompletionResult, 'attempts'>, wholeMs: number): number {
  const calls = attempts
    .map(({ startedAt, durationMs }) => ({
      from: Date.parse(startedAt),
      to: Date.parse(startedAt) + durationMs,
    }))
    .sort((one, other) => one.from - other.from);
  let calledMs = 0;
  let until = -Infinity;
  for (const { from, to } of calls) {
    calledMs += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return Math.max(0, wholeMs - calledMs);
}

/** The field that the answering model did without, as clients write it. What was sent in another form is no such field. */
function droppedName({ parameter, how, detail }: Adaptation): string[] {
  if (how !== 'dropped') return [];
  if (parameter === 'extra') return [detail ?? parameter];
  const name =
    parameter === 'reasoningBudget'
      ? 'thinking.budget_tokens'
      : parameter.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [detail === undefined ? name : `${name} (${detail})`];
}

/** The facts as response headers, which hold one line of visible ASCII each. */
export function headersOf(facts: AnswerFacts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      `x-holdfast-${name}`,
      String(value)
        .replaceAll(/[^\x20-\x7e]+/g, '?')
        .slice(0, 1_000),
    ]),
  );
}

/** Response headers that scripts of a browser may read. */
export const exposedHeaders = [
  'x-request-id',
  'request-id',
  'retry-after',
  'x-should-retry',
  ...[
    'id',
    'model',
    'provider',
    'requested-model',
    'attempts',
    'fallback-reason',
    'cost-usd',
    'overhead-ms',
    'dropped-params',
    'replayed',
    'degraded',
    'continued',
    'notice',
    'notices',
    'error',
    'estimate',
  ].map((name) => `x-holdfast-${name}`),
];
