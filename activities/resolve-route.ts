import { ApplicationFailure } from '@temporalio/common';
import type { RouteRefused } from '../contracts/call.js';
import type { Route, RouteRequest } from '../contracts/route.js';
import { providersAskedFor, resolveRoute as route } from '../config/route.js';
import type { ActivityDependencies } from './dependencies.js';
import { providersWithoutKey } from './providers-without-key.js';

/** The local activity `resolveRoute`; see the contract in contracts/call.ts. */
export function createResolveRoute(dependencies: ActivityDependencies) {
  return async function resolveRoute(request: RouteRequest): Promise<Route> {
    const { searchAttributes, resolveKey } = dependencies;
    const { config, configHash } = dependencies.setup();
    const asked = providersAskedFor(request, config);
    const missingKeys = await providersWithoutKey({ config, resolveKey }, asked);
    const routing = route(request, config, {
      configHash,
      searchAttributes,
      unusable: (provider) => missingKeys.get(provider),
    });
    if (routing.ok) return routing.route;
    throw ApplicationFailure.create({
      type: routing.refusal.kind,
      message: routing.refusal.message,
      nonRetryable: true,
      details: [{ searchAttributes } satisfies RouteRefused],
    });
  };
}
