import {
  ActivityFailure,
  ApplicationFailure,
  defineQuery,
  isCancellation,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Trail } from '../contracts/attempt.js';
import type { CompletionActivities } from '../contracts/call.js';
import {
  targetName,
  trailQueryName,
  type CompletionFailure,
  type CompletionInput,
  type CompletionResult,
  type CompletionTarget,
} from '../contracts/completion.js';
import { isFailureKind } from '../contracts/outcome.js';
import type { Route } from '../contracts/route.js';
import { concludeAnswer, concludeFailure } from '../policy/conclusion.js';
import { walkChain } from './attempts.js';
import { tellEnding, tellTrail } from './story.js';

const { resolveRoute } = proxyLocalActivities<CompletionActivities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 3 },
});

export const trailQuery = defineQuery<Trail>(trailQueryName);

/**
 * One completion: resolves the route once, walks the chain, and ends with one recorded result.
 * @throws ApplicationFailure whose type is the kind of the {@link CompletionFailure} in its first detail
 */
export async function completion({ target, chat, deadlineMs }: CompletionInput): Promise<CompletionResult> {
  const trail: Trail = [];
  setHandler(trailQuery, () => trail);
  const { workflowId, startTime } = workflowInfo();

  const remainingMs = (): number => deadlineMs - (Date.now() - startTime.getTime());
  const route = await routeFor(target);
  try {
    const ending = await walkChain(route, chat, trail, remainingMs);
    tellTrail(trail);
    if (ending.ok) {
      tellEnding(route, trail, 'success');
      return concludeAnswer(workflowId, route, trail, ending);
    }
    const failure = concludeFailure(route, trail, ending.because, deadlineMs);
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

async function routeFor(target: CompletionTarget): Promise<Route> {
  try {
    return await resolveRoute(target);
  } catch (error) {
    // A local activity's failure arrives bare, an ordinary one's inside an ActivityFailure.
    const cause = error instanceof ActivityFailure ? error.cause : error;
    if (!(cause instanceof ApplicationFailure)) throw error;
    const { type, message } = cause;
    const kind = isFailureKind(type) ? type : 'misconfigured';
    throw completionFailed({ kind, message, requestedModel: targetName(target), attempts: [] });
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
