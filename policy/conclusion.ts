import type { Attempt, Trail } from '../contracts/attempt.js';
import type { CallModelResult } from '../contracts/call.js';
import type { AnswerChoice, ChatAnswer } from '../contracts/chat.js';
import type { CompletionFailure, CompletionFailureKind, CompletionResult } from '../contracts/completion.js';
import { isFailure } from '../contracts/outcome.js';
import type { Route } from '../contracts/route.js';
import { totalCost, totalUsage } from './cost.js';
import { noticeFor } from './notice.js';
import { isKeyFailure } from './outcome-rules.js';
import type { WalkStep } from './walk.js';
import { durationInWords } from './words.js';

type StopReason = Extract<WalkStep, { action: 'stop' }>['because'];

/** The recorded result of a walk that ended with an answer. */
export function concludeAnswer(
  id: string,
  route: Route,
  trail: Trail,
  { answer, notices, continuations }: Omit<CallModelResult, 'attempts'>,
): CompletionResult {
  const last = trail.at(-1);
  if (last === undefined) throw new Error('an answer comes from an attempt');
  const notice = noticeFor(route, trail, answer, continuations);
  return {
    id,
    model: last.model,
    provider: last.provider,
    requestedModel: route.requested,
    answer: answer.text,
    ...whatElse(answer),
    attempts: trail,
    ...(continuations === undefined ? {} : { continuations }),
    fallback:
      last.model === route.requested
        ? null
        : { from: route.requested, to: last.model, reason: whyNot(route.requested, trail) },
    costUsd: totalCost(trail),
    usage: totalUsage(trail),
    configHash: route.configHash,
    ...(notice === undefined ? {} : { notice }),
    notices: [...route.skipped.map(({ model, reason }) => `${model} was skipped: ${reason}`), ...notices],
  };
}

/** What an answer has besides its text; its provider's id and words are told by its attempt. */
export function whatElse(
  answer: Omit<AnswerChoice, 'text' | 'providerFinishReason'> & Pick<ChatAnswer, 'furtherChoices'>,
): Omit<AnswerChoice, 'text' | 'providerFinishReason'> & Pick<ChatAnswer, 'furtherChoices'> {
  const { finishReason, refused, incomplete, toolCalls, reasoning, logprobs, furtherChoices } = answer;
  return {
    finishReason,
    ...(refused === undefined ? {} : { refused }),
    ...(incomplete === undefined ? {} : { incomplete }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(furtherChoices === undefined ? {} : { furtherChoices }),
  };
}

/** How the model asked for ended: `skipped` where it was not called, `slower` where another's answer ended its call. */
export function whyNot(requested: string, trail: Trail): NonNullable<CompletionResult['fallback']>['reason'] {
  const outcome = trail.findLast(({ model }) => model === requested)?.outcome;
  // Whoever cancels a completion gets no result: in one that has a result only a race cancels calls.
  if (outcome === 'cancelled') return 'slower';
  return outcome === undefined || outcome === 'success' ? 'skipped' : outcome;
}

/** How often and how long a completion was parked, in milliseconds. */
export interface ParkedTime {
  times: number;
  wholeMs: number;
  /** After its last attempt. */
  sinceLastMs: number;
}

const neverParked: ParkedTime = { times: 0, wholeMs: 0, sinceLastMs: 0 };

/**
 * The typed failure of a walk that ended without an answer: each model tried, how it ended, when the first one is due
 * again, and what to do next.
 */
export function concludeFailure(
  route: Route,
  trail: Trail,
  { because, parked = neverParked }: { because: StopReason; parked?: ParkedTime },
  deadlineMs: number,
): CompletionFailure {
  const kind = failureKind(trail, because);
  const waits = [...new Map(trail.map((attempt) => [attempt.model, attempt])).values()]
    .flatMap(({ retryAfterMs, refusal }) => retryAfterMs ?? refusal?.dueInMs ?? [])
    .map((waitMs) => waitMs - parked.sinceLastMs)
    .filter((waitMs) => waitMs > 0);
  return {
    kind,
    message: [headline(kind, deadlineMs), parkedInWords(parked), triedInWords(trail), advice(kind)]
      .filter(Boolean)
      .join(' '),
    requestedModel: route.requested,
    attempts: trail,
    ...(waits.length === 0 ? {} : { retryAfterMs: Math.max(1, Math.ceil(Math.min(...waits))) }),
  };
}

/** The failure of a completion whose worker could not say in time which models to call. */
export function nothingInTime(
  requestedModel: string,
  { allowedMs, deadlineMs }: { allowedMs: number; deadlineMs: number },
): CompletionFailure {
  const what = `The worker did not find out within ${String(allowedMs / 1000)} s which models it can call`;
  return {
    kind: allowedMs < deadlineMs ? 'misconfigured' : 'deadline_exceeded',
    message: `${what}. Check that its key files can be read, and its log; then try again.`,
    requestedModel,
    attempts: [],
  };
}

/** The failure of a completion that its first worker found only after its deadline. */
export function noWorkerInTime(requestedModel: string, deadlineMs: number): CompletionFailure {
  const within = `the deadline of ${String(deadlineMs / 1000)} s`;
  return {
    kind: 'deadline_exceeded',
    message: `No worker took the completion within ${within}. Start more workers, or allow more time.`,
    requestedModel,
    attempts: [],
  };
}

function failureKind(trail: Trail, because: StopReason): CompletionFailureKind {
  if (because === 'deadline') return 'deadline_exceeded';
  const kinds = lastOfEachModel(trail).map(toldKind);
  const last = kinds.at(-1);
  if (because === 'not_retryable' && last !== undefined && last !== 'success') return last;
  const failures = kinds.filter(isFailure);
  const [first] = failures;
  if (first === undefined) return 'exhausted';
  if (failures.every((kind) => kind === first)) return first;
  return failures.every(isKeyFailure) ? 'credentials_exhausted' : 'exhausted';
}

/** The last attempt of each model that says something: one that failed says more than that it was spared afterwards. */
function lastOfEachModel(trail: Trail): Attempt[] {
  const last = new Map<string, Attempt>();
  for (const attempt of trail) {
    const before = last.get(attempt.model);
    if (before === undefined || attempt.outcome !== 'circuit_open' || before.outcome === 'circuit_open') {
      last.set(attempt.model, attempt);
    }
  }
  return [...last.values()];
}

/** What a model failed of: one that was spared for a known reason, of that. */
function toldKind({ outcome, refusal }: Attempt): Attempt['outcome'] {
  return refusal?.kind ?? outcome;
}

function headline(kind: CompletionFailureKind, deadlineMs: number): string {
  if (kind === 'deadline_exceeded') return `No answer within the deadline of ${String(deadlineMs / 1000)} s.`;
  return 'No model answered.';
}

function parkedInWords({ times, wholeMs }: ParkedTime): string {
  if (times === 0) return '';
  const often = times === 1 ? '' : `, ${String(times)} times`;
  return `It was parked for ${durationInWords(wholeMs)}${often}.`;
}

function triedInWords(trail: Trail): string {
  return lastOfEachModel(trail)
    .map(({ model, outcome, message }) => {
      const calls = trail.filter((attempt) => attempt.model === model).length;
      const times = calls > 1 ? ` (${String(calls)} calls)` : '';
      return `${model}${times}: ${outcome}${message === undefined ? '' : `, "${message}"`}.`;
    })
    .join(' ');
}

function advice(kind: CompletionFailureKind): string {
  return advices[kind] ?? 'Try again, or add a fallback from another provider to the chain.';
}

const advices: Partial<Record<CompletionFailureKind, string>> = {
  rate_limited: 'Wait as long as the provider asks, or add a fallback from another provider to the chain.',
  auth_failed: 'Check the key that the config names for this provider.',
  quota_exhausted: 'Add credit at the provider, or another key.',
  credentials_exhausted: 'Check the keys and the credit of each provider in the chain.',
  model_not_found: 'Check the model name against what the provider offers to this key.',
  misconfigured: "Check the provider's baseUrl in the config.",
  circuit_open:
    'Its breaker lets nothing through until the model has recovered: wait, set onExhausted to park, or add a fallback from another provider to the chain.',
  context_too_long: 'Shorten the messages, or add a model with a larger window to the chain.',
  payload_too_large: 'Send less, or add a model that takes more to the chain.',
  unsupported_by_model: 'Leave the parameter out, or add a model that takes it to the chain.',
  content_filtered: "Change the prompt: the provider's content policy refused it.",
  bad_request: 'Change the request: the provider refuses it as it is.',
  budget_exceeded: 'Raise maxCostUsd, lower maxTokens, or put a cheaper model into the chain.',
  vetoed: 'A hook of the config forbids it; its reason is above.',
  internal_error: 'This is a fault of Holdfast; please report it with the message above.',
  deadline_exceeded: 'Allow more time, or lower attemptTimeout so that fallbacks get their turn.',
};
