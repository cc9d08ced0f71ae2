import type { Config } from '../config/schema.js';
import type { CompletionRequest } from '../client/index.js';

/** Who may answer, as a completion is started with it. */
export type Target = Pick<CompletionRequest, 'model' | 'chain' | 'strategy'>;

const prefixes = { 'strategy:': 'strategy', 'chain:': 'chain' } as const;

/** The names that `model` may have, in the order in which they are looked for. */
export function targetNames({
  models,
  chains,
  strategies,
}: Pick<Config, 'models' | 'chains' | 'strategies'>): {
  models: string[];
  chains: string[];
  strategies: string[];
} {
  return { models: Object.keys(models), chains: Object.keys(chains), strategies: Object.keys(strategies) };
}

/**
 * Reads `model` of a request: `auto`, `strategy:coding`, `chain:fast`, the name of a model, or that of a chain where no
 * model has it. Undefined for a name that the config does not have.
 */
export function targetOf(
  name: string,
  config: Pick<Config, 'models' | 'chains' | 'strategies'>,
): Target | undefined {
  if (name === 'auto') return { strategy: 'auto' };
  for (const [prefix, what] of Object.entries(prefixes)) {
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    const known = what === 'strategy' ? config.strategies : config.chains;
    return Object.hasOwn(known, rest) ? { [what]: rest } : undefined;
  }
  if (Object.hasOwn(config.models, name)) return { model: name };
  return Object.hasOwn(config.chains, name) ? { chain: name } : undefined;
}

/** Everything that `model` may be, as it is listed. */
export function listedNames(config: Pick<Config, 'models' | 'chains' | 'strategies'>): string[] {
  const { models, chains, strategies } = targetNames(config);
  return [
    'auto',
    ...models,
    ...chains.map((name) => `chain:${name}`),
    ...strategies.map((name) => `strategy:${name}`),
  ];
}

/** The answer to `GET /v1/models`: everything that `model` may be, as far as whoever asks may ask for it. */
export function listTargets(
  config: Pick<Config, 'models' | 'chains' | 'strategies'>,
  mayAsk: (name: string) => boolean,
): object {
  return {
    object: 'list',
    data: listedNames(config)
      .filter(mayAsk)
      .map((id) => ({
        id,
        object: 'model',
        created: 0,
        owned_by: (Object.hasOwn(config.models, id) ? config.models[id]?.provider : undefined) ?? 'holdfast',
      })),
  };
}
