import { readFile } from 'node:fs/promises';
import { providersWithoutKey } from '../activities/index.js';
import type { LoadedConfig } from '../config/load.js';
import { providersAskedFor } from '../config/route.js';
import { resolveKey, shareReads } from '../providers/keys.js';
import { CommandError } from './command-error.js';
import { exitCodes } from './exit-codes.js';

/** @throws CommandError when none of the configured providers can be called from here */
export async function requireUsableProvider(config: LoadedConfig, env: NodeJS.ProcessEnv): Promise<void> {
  const missing = await whyNoProvider(config, env);
  if (missing === undefined) return;
  throw new CommandError(
    'no_provider_key',
    exitCodes.invalid,
    'No provider of the config can be called from here: none of their keys can be read.',
    [...missing, 'For a look without keys: holdfast up'],
  );
}

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
