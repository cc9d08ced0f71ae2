import path from 'node:path';
import type { LoadedConfig } from '../../config/load.js';

/** Where `holdfast keys` keeps them when no config says it. */
export const usualKeyFile = 'holdfast-keys.json';

/** The key file that a config names, from the folder of the config; undefined when it names none. */
export function keyFileOf({ config, file }: LoadedConfig, directory = process.cwd()): string | undefined {
  const { keys } = config.gateway;
  if (keys === undefined) return undefined;
  return path.resolve(file === undefined ? directory : path.dirname(file), keys);
}
