import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyLocalActivities,
} from '@temporalio/workflow';
import { isRouteRefused, type CompletionActivities } from '../contracts/call.js';
import { targetName, type CompletionFailure } from '../contracts/completion.js';
import { isFailureKind } from '../contracts/outcome.js';
import type { Route, RouteRequest } from '../contracts/route.js';
import { nothingInTime } from '../policy/conclusion.js';

/** Reading the config takes microseconds; only key files on a slow disk take longer. */
const longestRoutingMs = 10_000;

export type RouteEnding =
  { ok: true; route: Route } | { ok: false; failure: CompletionFailure; searchAttributes: boolean };

/** Asks for the route once; it is recorded as a marker, so that a replay has the same one. */
export async function routeFor(request: RouteRequest, deadlineMs: number): Promise<RouteEnding> {
  const allowedMs = Math.min(deadlineMs, longestRoutingMs);
  const { resolveRoute } = proxyLocalActivities<CompletionActivities>({
    startToCloseTimeout: allowedMs,
    // What fails here fails again; and a repeated local activity takes its whole time anew.
    retry: { maximumAttempts: 1 },
  });
  try {
    return { ok: true, route: await resolveRoute(request, allowedMs) };
  } catch (error) {
    if (isCancellation(error)) throw error;
    // A local activity's failure arrives bare, an ordinary one's inside an ActivityFailure.
    const cause = error instanceof ActivityFailure ? error.cause : error;
    const requestedModel = targetName(request.target);
    if (!(cause instanceof ApplicationFailure)) {
      // Its time ran out.
      const failure = nothingInTime(requestedModel, { allowedMs, deadlineMs });
      return { ok: false, failure, searchAttributes: false };
    }
    const { type, message, details } = cause;
    const kind = isFailureKind(type) ? type : 'internal_error';
    const refused: unknown = details?.[0];
    return {
      ok: false,
      failure: { kind, message, requestedModel, attempts: [] },
      searchAttributes: isRouteRefused(refused) && refused.searchAttributes,
    };
  }
}
