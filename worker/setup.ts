import path from 'node:path';
import type { Setup } from '../activities/index.js';
import { loadHooks } from '../activities/hooks/load-hooks.js';
import type { LoadedConfig } from '../config/load.js';
import { createProvider } from '../providers/index.js';

/** Builds what a config asks for: a client for each provider, and its hooks. @throws HookError */
export async function createSetup({ config, hash, file }: LoadedConfig): Promise<Setup> {
  const providers = Object.entries(config.providers).map(
    ([name, { kind, baseUrl }]) =>
      [name, createProvider({ name, kind, ...(baseUrl === undefined ? {} : { baseUrl }) })] as const,
  );
  const directory = file === undefined ? process.cwd() : path.dirname(file);
  const hooks = await loadHooks(config.hooks, directory);
  return { config, configHash: hash, providers: new Map(providers), hooks };
}
