import { ApplicationFailure } from '@temporalio/common';
import type { Trail } from '../contracts/attempt.js';
import type { RouteRefused } from '../contracts/call.js';
import type { Route, RouteRequest } from '../contracts/route.js';
import { providersAskedFor, resolveRoute as route } from '../config/route.js';
import { refusedAttempt } from './admitted-attempt.js';
import type { ActivityDependencies, Setup } from './dependencies.js';
import { runHook } from './hooks/run-hook.js';
import { providersWithoutKey } from './providers-without-key.js';

/** The local activity `resolveRoute`; see the contract in contracts/call.ts. */
export function createResolveRoute(dependencies: ActivityDependencies) {
  return async function resolveRoute(request: RouteRequest, allowedMs: number): Promise<Route> {
    const { searchAttributes, resolveKey, balancer } = dependencies;
    const setup = dependencies.setup();
    const { config, configHash } = setup;
    const refused = (type: string, message: string): ApplicationFailure =>
      ApplicationFailure.create({
        type,
        message,
        nonRetryable: true,
        details: [{ searchAttributes } satisfies RouteRefused],
      });

    const choice = await strategyByHook(request, setup, allowedMs);
    if (choice.refusal !== undefined) throw refused('vetoed', choice.refusal);
    const { asked } = choice;
    const missingKeys = await providersWithoutKey({ config, resolveKey }, providersAskedFor(asked, config));
    const routing = route(asked, config, {
      configHash,
      searchAttributes,
      unusable: (provider) => missingKeys.get(provider),
      ...(balancer === undefined ? {} : { balance: (question) => balancer.order(question) }),
    });
    if (!routing.ok) throw refused(routing.refusal.kind, routing.refusal.message);
    const { selected } = choice;
    const refusals = await allRefused(dependencies, routing.route);
    return {
      ...routing.route,
      ...(selected === undefined ? {} : { selected }),
      ...(refusals === undefined ? {} : { refused: refusals }),
    };
  };
}

/** What the trail says where no candidate may be called and the completion is to be parked for that; else undefined. */
async function allRefused(
  { health, now }: Pick<ActivityDependencies, 'health' | 'now'>,
  { candidates, onExhausted }: Route,
): Promise<Trail | undefined> {
  if (onExhausted?.action !== 'park') return undefined;
  const entries: Trail = [];
  for (const { model, provider } of candidates) {
    const startedAt = now();
    const refusal = await health.refusal(model, provider);
    if (refusal === undefined) return undefined;
    entries.push(...refusedAttempt({ model, provider, startedAt, endedAt: now() }, refusal).attempts);
  }
  return entries;
}

type StrategyChoice =
  | { asked: RouteRequest; selected?: NonNullable<Route['selected']>; refusal?: undefined }
  | { refusal: string };

/** Lets the config's hook choose the strategy of a request that asked for `auto`; without its word the rules choose. */
async function strategyByHook(
  request: RouteRequest,
  { config, hooks }: Setup,
  allowedMs: number,
): Promise<StrategyChoice> {
  const { target, chat } = request;
  const hook = hooks.selectStrategy;
  if (target.kind !== 'auto' || hook === undefined) return { asked: request };
  const { task, budget } = target;
  const question = {
    messages: chat.messages,
    strategies: Object.keys(config.strategies),
    ...(task === undefined ? {} : { task }),
    ...(budget === undefined ? {} : { budget }),
  };
  // Half of the time is left for the rules, should the hook not answer.
  const limit = AbortSignal.timeout(Math.max(1, Math.floor(allowedMs / 2)));
  const run = await runHook(hook, question, limit);
  if (run.ok && run.value === undefined) return { asked: request };
  if (run.ok && typeof run.value === 'string' && Object.hasOwn(config.strategies, run.value)) {
    const strategy = run.value;
    return {
      asked: { ...request, target: { kind: 'strategy', strategy } },
      selected: { strategy, because: `hook ${hook.name} chose it` },
    };
  }
  const failed = run.ok ? `hook ${hook.name} named no strategy of the config` : run.reason;
  if (hook.required) return { refusal: `${failed}, and the config requires it` };
  return { asked: request };
}
