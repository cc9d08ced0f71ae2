import type { Attempt, Trail } from '../contracts/attempt.js';
import type { ChatAnswer } from '../contracts/chat.js';
import type { Continuation } from '../contracts/continuation.js';
import type { Refusal } from '../contracts/health.js';
import type { FailureKind } from '../contracts/outcome.js';
import type { Route } from '../contracts/route.js';

/**
 * A plain sentence for the end user about an answer that is not what was asked for: another model gave it, or it is
 * not whole. Undefined when there is nothing to say.
 */
export function noticeFor(
  route: Pick<Route, 'requested' | 'skipped'>,
  trail: Trail,
  answer: Pick<ChatAnswer, 'incomplete'>,
  continuations: readonly Continuation[] = [],
): string | undefined {
  const facts = [
    ...fallbackFacts(route, trail, continuations),
    answer.incomplete && incompleteFacts[answer.incomplete],
  ];
  const said = facts.filter((fact) => fact !== undefined);
  return said.length === 0 ? undefined : said.map((fact) => `${fact}.`).join(' ');
}

function fallbackFacts(
  route: Pick<Route, 'requested' | 'skipped'>,
  trail: Trail,
  continuations: readonly Continuation[],
): (string | undefined)[] {
  if (continuations.length === 0) return [fallbackFact(route, trail)];
  return continuations.map(({ from, to, because }) => {
    const who = from === to ? 'it was asked again and went on' : `${to} went on`;
    return `${from} ${failureFacts[because]}, and ${who} from there`;
  });
}

function fallbackFact(
  { requested, skipped }: Pick<Route, 'requested' | 'skipped'>,
  trail: Trail,
): string | undefined {
  const answered = trail.at(-1);
  if (answered === undefined || answered.model === requested) return undefined;
  return `${requested} ${whyNot(requested, skipped, trail)}; answered by ${answered.model}`;
}

function whyNot(requested: string, skipped: Route['skipped'], trail: Trail): string {
  const last = trail.findLast(({ model }: Attempt) => model === requested);
  if (last?.refusal !== undefined) return refusalFacts[last.refusal.by];
  if (last !== undefined && last.outcome !== 'success') return failureFacts[last.outcome];
  return skipped.some(({ model }) => model === requested) ? 'could not be used here' : 'was not called';
}

const incompleteFacts = {
  length: 'The answer stops at its length limit',
  pause: 'The model paused before it was done',
  context: 'The answer stops where the model could hold no more',
} as const;

const refusalFacts: Record<Refusal['by'], string> = {
  breaker: 'is resting after failures',
  gate: 'was rate limited',
  bench: 'cannot be used for now',
};

/** What happened to a model, as the rest of a sentence that begins with its name. */
const failureFacts: Record<FailureKind, string> = {
  rate_limited: 'was rate limited',
  overloaded: 'was overloaded',
  server_error: 'had a fault',
  timeout: 'took too long',
  connection: 'could not be reached',
  stalled: 'stopped in the middle of its answer',
  truncated: 'broke off its answer',
  malformed: 'gave an answer that could not be read',
  empty: 'gave an empty answer',
  worker_lost: 'was interrupted',
  quota_exhausted: 'was out of quota',
  auth_failed: 'refused the credentials',
  model_not_found: 'is not available',
  misconfigured: 'is not set up correctly',
  context_too_long: 'could not hold the whole conversation',
  payload_too_large: 'could not take or give that much at once',
  unsupported_by_model: 'does not support what was asked for',
  content_filtered: 'declined by its content policy',
  bad_request: 'refused the request',
  circuit_open: 'is resting after failures',
  budget_exceeded: 'would have cost too much',
  // Of a completion that was answered, only a race of calls cancels one.
  cancelled: 'took longer',
  deadline_exceeded: 'ran out of time',
  vetoed: 'was ruled out by a check here',
  internal_error: 'could not be called because of a fault here',
};
