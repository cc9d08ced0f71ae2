/** Where a key is kept. Only this travels: through workflow input, history, logs and errors. */
export type KeyReference = { from: 'env'; name: string } | { from: 'file'; path: string };

export type ParsedReference = { ok: true; reference: KeyReference } | { ok: false; reason: string };

export type ResolvedKey = { ok: true; key: string } | { ok: false; reason: string };

/** Where {@link resolveKey} looks. */
export interface KeySources {
  env: Readonly<Record<string, string | undefined>>;
  readFile(path: string): Promise<string>;
  /** Longest that a file may take, in milliseconds; 2 s when absent. */
  fileTimeoutMs?: number;
}

const defaultFileTimeoutMs = 2_000;

/** Reads `env:NAME` or `file:PATH`. Anything else may be a key in the wrong place, so it is never repeated. */
export function parseKeyReference(text: string): ParsedReference {
  const reference = text.trim();
  const name = /^env:([A-Za-z_]\w*)$/.exec(reference)?.[1];
  if (name !== undefined) return { ok: true, reference: { from: 'env', name } };
  const path = /^file:(.+)$/.exec(reference)?.[1];
  if (path !== undefined) return { ok: true, reference: { from: 'file', path } };
  return {
    ok: false,
    reason:
      'A key must be given as env:NAME (an environment variable) or file:PATH (a file that holds it), never as the key itself.',
  };
}

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
