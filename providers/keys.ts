import { parseKeyReference } from '../contracts/key-reference.js';

export type ResolvedKey = { ok: true; key: string } | { ok: false; reason: string };

/** Where {@link resolveKey} looks. */
export interface KeySources {
  env: Readonly<Record<string, string | undefined>>;
  readFile(path: string): Promise<string>;
  /** Longest that a file may take, in milliseconds; 2 s when absent. */
  fileTimeoutMs?: number;
}

const defaultFileTimeoutMs = 2_000;

/**
 * Fetches a key. Cheap enough to be asked before each call, so that a rotated file is seen at once.
 * Surrounding white space is removed; an empty key counts as missing, and so does a file that does not answer in time.
 */
export async function resolveKey(reference: string, sources: KeySources): Promise<ResolvedKey> {
  const parsed = parseKeyReference(reference);
  if (!parsed.ok) return parsed;
  return parsed.reference.from === 'env'
    ? fromEnvironment(parsed.reference.name, sources)
    : fromFile(parsed.reference.path, sources);
}

function fromEnvironment(name: string, { env }: KeySources): ResolvedKey {
  const key = env[name]?.trim() ?? '';
  if (key !== '') return { ok: true, key };
  const state = env[name] === undefined ? 'not set' : 'empty';
  return { ok: false, reason: `The environment variable ${name} is ${state}. Set it to the provider's key.` };
}

async function fromFile(path: string, sources: KeySources): Promise<ResolvedKey> {
  const { fileTimeoutMs = defaultFileTimeoutMs } = sources;
  let text: string | undefined;
  try {
    text = await within(fileTimeoutMs, sources.readFile(path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return { ok: false, reason: `The key file ${path} cannot be read${code}. Put the provider's key there.` };
  }
  if (text === undefined) {
    const limit = `${fileTimeoutMs / 1000} s`;
    return {
      ok: false,
      reason: `The key file ${path} did not answer within ${limit}. Check the file system that it is on.`,
    };
  }
  const key = text.trim();
  if (key !== '') return { ok: true, key };
  return { ok: false, reason: `The key file ${path} is empty. Put the provider's key there.` };
}

/** What was promised, or undefined when it takes too long: a file on a network share may never answer. */
async function within<Value>(timeoutMs: number, promised: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  try {
    return await Promise.race([promised, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Lets callers who want a file while it is being read share that read. A read that hangs keeps one of Node's few
 * threads for files; without this, a few calls for the same key would stop all others.
 */
export function shareReads(readFile: KeySources['readFile']): KeySources['readFile'] {
  const underWay = new Map<string, Promise<string>>();
  return (path) => {
    const reading = underWay.get(path) ?? readFile(path).finally(() => underWay.delete(path));
    underWay.set(path, reading);
    return reading;
  };
}
