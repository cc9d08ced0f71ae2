import { access, constants, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { describeError, EngineError } from './errors.js';

export interface Folders {
  /** Binaries that can be got again. */
  cache: string;
  /** Databases, logs and the record of the running server. */
  data: string;
}

/** The folders of this user, or those under HOLDFAST_HOME. Creates nothing. */
export function engineFolders(env: NodeJS.ProcessEnv): Folders {
  const home = env['HOLDFAST_HOME'];
  if (home) return { cache: resolve(home, 'cache'), data: resolve(home, 'data') };
  const paths = envPaths('holdfast', { suffix: '' });
  return { cache: paths.cache, data: paths.data };
}

export function defaultDatabasePath(folders: Folders): string {
  return join(folders.data, 'temporal.db');
}

/**
 * Creates a folder readable by this user alone.
 * @throws EngineError `folder` when it cannot be created or written
 */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.W_OK);
  } catch (error) {
    throw new EngineError(
      'folder',
      `Holdfast cannot write to its folder ${path}: ${describeError(error)}`,
      ['Make the folder writable, or set HOLDFAST_HOME to one that is.'],
      { cause: error },
    );
  }
}
