import type { ConfigFile } from './schema/file.js';

export type { ConfigFile };

/** Gives a `holdfast.config.ts` or `.mjs` completion and type checks; the config is returned as it is. */
export function defineConfig(config: ConfigFile): ConfigFile {
  return config;
}
