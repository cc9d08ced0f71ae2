import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../../engine/file-lock.js';
import { keyFileSchema, type KeyFile } from './key-file.js';

/** The key file cannot be used; the message says why and what to do. It repeats nothing of what is in the file. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
  constructor(
    readonly kind: 'missing' | 'unusable',
    message: string,
  ) {
    super(message);
  }
}

/** Reads a key file. @throws KeyFileError */
export async function readKeyFile(file: string): Promise<KeyFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw new KeyFileError(
        'missing',
        `The key file ${file} does not exist. Make the first key: holdfast keys create --owner <name> --file ${file}`,
      );
    }
    throw new KeyFileError('unusable', `The key file ${file} cannot be read (${codeOf(error)}).`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KeyFileError('unusable', `The key file ${file} is not JSON. Put back a copy of it.`);
  }
  const read = keyFileSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.');
  throw new KeyFileError(
    'unusable',
    `The key file ${file} is not one of "holdfast keys": ${place}: ${issue?.message ?? 'wrong'}.`,
  );
}

/**
 * Changes a key file; one process at a time does. The file is replaced as a whole, readable for its owner alone.
 * @param change What it throws leaves the file as it was.
 * @param create Where there is no file, an empty one is changed.
 * @throws KeyFileError
 */
export async function changeKeyFile<Changed extends { file: KeyFile }>(
  file: string,
  change: (keys: KeyFile) => Changed,
  { create }: { create: boolean },
): Promise<Changed> {
  if (!create) await readKeyFile(file);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    // A link stays a link: what it leads to is replaced.
    const place = await realpath(file).catch(() => path.resolve(file));
    return await withLock(`${place}.lock`, {}, async (signal) => {
      const changed = change(await readOrEmpty(place));
      signal.throwIfAborted();
      await replace(place, `${JSON.stringify(changed.file, null, 2)}\n`);
      return changed;
    });
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new KeyFileError('unusable', `The key file ${file} cannot be written (${codeOf(error)}).`);
  }
}

async function readOrEmpty(file: string): Promise<KeyFile> {
  try {
    return await readKeyFile(file);
  } catch (error) {
    if (error instanceof KeyFileError && error.kind === 'missing') return { version: 1, keys: [] };
    throw error;
  }
}

async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
