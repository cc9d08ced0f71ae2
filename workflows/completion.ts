import {
  ApplicationFailure,
  defineQuery,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Trail } from '../contracts/attempt.js';
import {
  targetName,
  trailQueryName,
  type CompletionFailure,
  type CompletionInput,
  type CompletionResult,
} from '../contracts/completion.js';
import { concludeAnswer, concludeFailure, noWorkerInTime } from '../policy/conclusion.js';
import { concludeStandIn, standsIn } from '../policy/stand-in.js';
import { walkChain } from './attempts.js';
import { routeFor } from './route.js';
import { tellEnding, tellTrail } from './story.js';

export const trailQuery = defineQuery<Trail>(trailQueryName);

/**
 * One completion: resolves the route once, walks the chain, and ends with one recorded result.
 * @throws ApplicationFailure whose type is the kind of the {@link CompletionFailure} in its first detail
 */
export async function completion(input: CompletionInput): Promise<CompletionResult> {
  const trail: Trail = [];
  setHandler(trailQuery, () => trail);
  const { workflowId, startTime } = workflowInfo();
  const { deadlineMs } = input;
  const ageMs = (): number => Date.now() - startTime.getTime();

  const { target, chat, maxCostUsd } = input;
  if (ageMs() >= deadlineMs) throw completionFailed(noWorkerInTime(targetName(target), deadlineMs));
  const question = { target, chat, ...(maxCostUsd === undefined ? {} : { maxCostUsd }) };
  const routing =
    input.route === undefined
      ? await routeFor(question, deadlineMs - ageMs())
      : ({ ok: true, route: input.route } as const);
  if (!routing.ok) {
    tellEnding(routing, trail, routing.failure.kind);
    throw completionFailed(routing.failure);
  }
  const { route } = routing;
  try {
    const ending = await walkChain(route, input, trail, ageMs);
    tellTrail(trail);
    if (ending.ok) {
      tellEnding(route, trail, 'success');
      return concludeAnswer(workflowId, route, trail, ending);
    }
    if (standsIn(route, trail, ending.because)) {
      tellEnding(route, trail, 'degraded');
      return concludeStandIn(workflowId, route, trail, route.onExhausted.text);
    }
    const failure = concludeFailure(route, trail, ending, deadlineMs);
    tellEnding(route, trail, failure.kind);
    throw completionFailed(failure);
  } catch (error) {
    if (isCancellation(error)) {
      tellTrail(trail);
      tellEnding(route, trail, 'cancelled');
    }
    throw error;
  }
}

function completionFailed(failure: CompletionFailure): ApplicationFailure {
  const { kind: type, message } = failure;
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    details: [failure],
  });
}
