import { ApplicationFailure } from '@temporalio/common';
import type { CompletionTarget } from '../contracts/completion.js';
import type { Route } from '../contracts/route.js';
import { resolveRoute as route } from '../config/route.js';
import type { ActivityDependencies } from './dependencies.js';

/** The local activity `resolveRoute`; see the contract in contracts/call.ts. */
export function createResolveRoute(dependencies: ActivityDependencies) {
  return async function resolveRoute(target: CompletionTarget): Promise<Route> {
    const { config, configHash, searchAttributes } = dependencies;
    const missingKeys = await providersWithoutKey(dependencies);
    const routing = route(target, config, {
      configHash,
      searchAttributes,
      unusable: (provider) => missingKeys.get(provider),
    });
    if (routing.ok) return routing.route;
    throw ApplicationFailure.create({
      type: routing.refusal.kind,
      message: routing.refusal.message,
      nonRetryable: true,
    });
  };
}

/** Providers none of whose keys can be read here, with what to do about it. */
export async function providersWithoutKey({
  config,
  resolveKey,
}: Pick<ActivityDependencies, 'config' | 'resolveKey'>): Promise<Map<string, string>> {
  const missing = new Map<string, string>();
  for (const [name, { keys }] of Object.entries(config.providers)) {
    if (keys.length === 0) continue;
    const resolved = await Promise.all(keys.map((reference) => resolveKey(reference)));
    const [first] = resolved;
    if (first !== undefined && !first.ok && resolved.every((one) => !one.ok)) missing.set(name, first.reason);
  }
  return missing;
}
