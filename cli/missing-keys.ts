import { readFile } from 'node:fs/promises';
import { providersWithoutKey } from '../activities/index.js';
import type { LoadedConfig } from '../config/load.js';
import { providersAskedFor } from '../config/route.js';
import { resolveKey, shareReads } from '../providers/keys.js';

/** Why none of the configured providers can be called from here; undefined when at least one can. */
export async function whyNoProvider(
  { config }: LoadedConfig,
  env: NodeJS.ProcessEnv,
): Promise<string[] | undefined> {
  const readShared = shareReads((path) => readFile(path, 'utf8'));
  const missing = await providersWithoutKey({
    config,
    resolveKey: (reference) => resolveKey(reference, { env, readFile: readShared }),
  });
  // An endpoint without a key counts where the default chain asks it: one that is merely configured may not even run.
  const asked = new Set(
    providersAskedFor({ target: { kind: 'chain', chain: 'default' }, chat: { messages: [] } }, config),
  );
  const usable = Object.entries(config.providers).some(
    ([name, { keys }]) => !missing.has(name) && (keys.length > 0 || asked.has(name)),
  );
  return usable ? undefined : [...new Set([...asked].flatMap((name) => missing.get(name) ?? []))];
}
