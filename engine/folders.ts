import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { describeError, EngineError, errorCode } from './errors.js';

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
    await createFolder(path);
    await access(path, constants.W_OK);
  } catch (error) {
    throw new EngineError(
      'folder',
      `Holdfast cannot write to its folder ${path}: ${folderReason(error)}.`,
      ['Make the folder writable, or set HOLDFAST_HOME to one that is.'],
      { cause: error },
    );
  }
}

/** Not with `recursive`: under /proc, where the parent is there and yet nothing can be made, that never ends. */
async function createFolder(path: string): Promise<void> {
  try {
    await createOne(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await createFolder(dirname(path));
    await createOne(path);
  }
}

async function createOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // A read-only file system says so of folders that are there, too.
    if (!(await stat(path).catch(() => undefined))?.isDirectory()) throw error;
  }
}

function folderReason(error: unknown): string {
  return folderReasons[errorCode(error) ?? ''] ?? describeError(error);
}

const folderReasons: Record<string, string> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  EEXIST: 'something of that name is no folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOENT: 'no folder can be made in that place',
  ENOSPC: 'the disk is full',
};
