import type { AlertActivities } from '../contracts/alerts.js';
import type { CompletionActivities } from '../contracts/call.js';
import { createAwaitUsable } from './await-usable.js';
import { createCallModel } from './call-model.js';
import type { ActivityDependencies } from './dependencies.js';
import { reportedAttempts } from './reported-attempts.js';
import { createResolveRoute } from './resolve-route.js';
import { createAlertActivities } from './send-alert.js';

export { acknowledgedCall } from './acknowledged-call.js';
export { Attendances, type AnswerPiece, type Attendance } from './attendances.js';
export { beginCall } from './begun-call.js';
export type { BegunCall } from './model-attempt.js';
export type { ActivityDependencies, Setup } from './dependencies.js';
export { createCallModel } from './call-model.js';
export { createResolveRoute } from './resolve-route.js';
export { providersWithoutKey } from './providers-without-key.js';

/** The activities that a Holdfast worker registers. */
export function createActivities(dependencies: ActivityDependencies): CompletionActivities & AlertActivities {
  return {
    resolveRoute: createResolveRoute(dependencies),
    callModel: createCallModel(dependencies),
    awaitUsable: createAwaitUsable(dependencies),
    reportedAttempts,
    ...createAlertActivities(dependencies),
  };
}
