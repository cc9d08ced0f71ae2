import { readFile } from 'node:fs/promises';
import { providersWithoutKey } from '../activities/index.js';
import type { LoadedConfig } from '../config/load.js';
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
  return missing.size === Object.keys(config.providers).length ? [...new Set(missing.values())] : undefined;
}
