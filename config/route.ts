import type { CompletionTarget } from '../contracts/completion.js';
import type { Candidate, Route, SkippedModel } from '../contracts/route.js';
import type { Config } from './schema.js';

/** A request that this config cannot serve, known before any provider is called. */
export interface RouteRefusal {
  kind: 'bad_request' | 'auth_failed';
  message: string;
}

export type Routing = { ok: true; route: Route } | { ok: false; refusal: RouteRefusal };

export interface RouteContext {
  configHash: string;
  searchAttributes: boolean;
  /** Why a provider cannot be called from here at all (no key is set), or undefined when it can. */
  unusable: (provider: string) => string | undefined;
}

/** Turns a request into candidates and policy. Pure; unknown names and missing keys are refusals that say what to do. */
export function resolveRoute(target: CompletionTarget, config: Config, context: RouteContext): Routing {
  const asked = modelsAskedFor(target, config);
  if ('refusal' in asked) return { ok: false, refusal: asked.refusal };

  const candidates: Candidate[] = [];
  const skipped: SkippedModel[] = [];
  for (const model of new Set(asked.models)) {
    const settings = Object.hasOwn(config.models, model) ? config.models[model] : undefined;
    if (settings === undefined) return { ok: false, refusal: unknown('model', model, config.models) };
    const reason = context.unusable(settings.provider);
    if (reason !== undefined) skipped.push({ model, reason });
    else {
      const { provider, contextWindow } = settings;
      candidates.push({ model, provider, ...(contextWindow === undefined ? {} : { contextWindow }) });
    }
  }
  if (candidates.length === 0) {
    const reasons = [...new Set(skipped.map(({ reason }) => reason))].join('; ');
    return {
      ok: false,
      refusal: { kind: 'auth_failed', message: `no model of ${asked.name} can be called: ${reasons}` },
    };
  }
  const { retry } = config;
  return {
    ok: true,
    route: {
      requested: asked.models[0] ?? asked.name,
      candidates,
      skipped,
      retry: {
        maxAttempts: retry.maxAttempts,
        baseDelayMs: retry.baseDelay,
        maxDelayMs: retry.maxDelay,
        attemptTimeoutMs: retry.attemptTimeout,
        firstTokenTimeoutMs: retry.firstTokenTimeout,
        idleTimeoutMs: retry.idleTimeout,
        maxWaitBeforeFallbackMs: retry.maxWaitBeforeFallback,
        heartbeatTimeoutMs: retry.heartbeatTimeout,
        heartbeatIntervalMs: retry.heartbeatInterval,
      },
      configHash: context.configHash,
      searchAttributes: context.searchAttributes,
    },
  };
}

/** Providers of the models asked for; of unknown names nothing is said here. */
export function providersAskedFor(target: CompletionTarget, config: Config): string[] {
  const asked = modelsAskedFor(target, config);
  if ('refusal' in asked) return [];
  return asked.models.flatMap((model) =>
    Object.hasOwn(config.models, model) ? (config.models[model]?.provider ?? []) : [],
  );
}

function modelsAskedFor(
  target: CompletionTarget,
  config: Config,
): { name: string; models: string[] } | { refusal: RouteRefusal } {
  switch (target.kind) {
    case 'model':
      return { name: target.model, models: [target.model] };
    case 'models':
      return { name: target.models.join(', '), models: target.models };
    case 'strategy':
      return named('strategy', target.strategy, config.strategies);
    case 'chain':
      return named('chain', target.chain, config.chains);
    case 'auto':
      return named('strategy', 'high_quality', config.strategies);
  }
}

function named(
  what: 'strategy' | 'chain',
  name: string,
  lists: Record<string, string[]>,
): { name: string; models: string[] } | { refusal: RouteRefusal } {
  const models = Object.hasOwn(lists, name) ? lists[name] : undefined;
  return models === undefined ? { refusal: unknown(what, name, lists) } : { name: `${what} ${name}`, models };
}

function unknown(what: string, name: string, known: object): RouteRefusal {
  const names = Object.keys(known).sort().join(', ');
  return { kind: 'bad_request', message: `no ${what} is named "${name}"; the config has: ${names}` };
}
