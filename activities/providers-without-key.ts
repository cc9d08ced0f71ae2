import type { ActivityDependencies, Setup } from './dependencies.js';

/** Of the named providers, those none of whose keys can be read here, with what to do about it. */
export async function providersWithoutKey(
  { config, resolveKey }: Pick<Setup, 'config'> & Pick<ActivityDependencies, 'resolveKey'>,
  names: Iterable<string> = Object.keys(config.providers),
): Promise<Map<string, string>> {
  const missing = new Map<string, string>();
  await Promise.all(
    [...new Set(names)].map(async (name) => {
      const keys = config.providers[name]?.keys ?? [];
      const resolved = await Promise.all(keys.map((reference) => resolveKey(reference)));
      const [first] = resolved;
      if (first?.ok === false && resolved.every(({ ok }) => !ok)) missing.set(name, first.reason);
    }),
  );
  return missing;
}
