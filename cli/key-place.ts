import path from 'node:path';
import { ConfigError, loadConfig, type LoadedConfig } from '../config/load.js';
import { nearest } from '../config/nearest.js';
import { keyFileOf, usualKeyFile } from '../gateway/access/key-place.js';
import { listedNames, targetOf } from '../gateway/target.js';
import { wrongUse } from './command-error.js';
import type { CommandContext } from './command-context.js';

export interface KeyPlace {
  file: string;
  /** Whether the config names this file. */
  named: boolean;
  /** Absent when it cannot be loaded and is not needed to find the file. */
  loaded?: LoadedConfig;
}

/** Where keys are kept: in the file that is named, else in the one of the config, else in the usual one here. */
export async function findKeyFile(
  { file, config }: { file?: string; config?: string },
  { env, err }: Pick<CommandContext, 'env' | 'err'>,
): Promise<KeyPlace> {
  const asked = file === undefined ? undefined : path.resolve(file);
  try {
    const loaded = await loadConfig({ file: config, env, shipped: 'current' });
    const ofConfig = keyFileOf(loaded);
    const used = asked ?? ofConfig ?? path.resolve(usualKeyFile);
    return { file: used, named: used === ofConfig, loaded };
  } catch (error) {
    if (!(error instanceof ConfigError) || asked === undefined || config !== undefined) throw error;
    err.line(
      `${err.colors.yellow('note:')} the config cannot be loaded, so it is not looked at: ${error.message}`,
    );
    return { file: asked, named: false };
  }
}

/** Refuses names that the config does not have. @throws CommandError with the nearest name */
export function requireTargets(names: readonly string[], { config, file }: LoadedConfig): void {
  for (const name of names) {
    if (targetOf(name, config) !== undefined) continue;
    const known = listedNames(config);
    const near = nearest(name, known);
    const hint = near === undefined ? `there are: ${known.join(', ')}` : `did you mean ${near}?`;
    throw wrongUse(`--allow ${name}: nothing in the config has this name; ${hint}`, [
      file === undefined
        ? 'That is the config shipped with Holdfast; one of your own is given with --config, or as ./holdfast.yaml.'
        : `The config is ${file}.`,
    ]);
  }
}
