/** How one HTTP exchange ended. `cut`: the headers came, but not the whole body. */
export type Exchange =
  | { ended: 'response'; response: HttpFacts }
  | { ended: 'cut'; response: HttpFacts }
  | { ended: 'thrown'; error: unknown }
  | { ended: 'timeout' }
  | { ended: 'cancelled' };

export interface HttpFacts {
  status: number;
  headers: Headers;
  /** The whole body, undecoded; empty where it could not be read. */
  body: string;
  /** Epoch milliseconds, to reckon Retry-After dates from. */
  receivedAt: number;
}

/** True for the statuses that promise an answer in the body. */
export const isSuccess = ({ status }: HttpFacts): boolean => status >= 200 && status < 300;

export type Fetch = typeof globalThis.fetch;

/** Carries what fetch came back with through an SDK, which would otherwise keep only part of it. */
class FetchEnded extends Error {
  constructor(readonly exchange: Exchange) {
    super('the call ended without a usable response');
  }
}

/**
 * Wraps fetch for an SDK client so that
 * - only the named headers leave: both SDKs add headers from the environment (`*_CUSTOM_HEADERS`) and about the machine;
 * - redirects are not followed: they would carry `x-api-key` to another host;
 * - an error status keeps its whole body: the SDKs drop bodies that are not in their vendor's shape.
 */
export function guardedFetch(fetch: Fetch, headerNames: readonly string[]): Fetch {
  return async (url, init = {}) => {
    const given = new Headers(init.headers);
    const headers = new Headers();
    for (const name of headerNames) {
      const value = given.get(name);
      if (value !== null) headers.set(name, value);
    }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' }).catch((error: unknown) => {
      throw new FetchEnded({ ended: 'thrown', error });
    });
    if (!response.ok) throw new FetchEnded(await readWhole(response));
    return response;
  };
}

/**
 * Runs one call within its limits and reads its whole body. Never rejects. At the time limit, or when the caller
 * cancels, the HTTP call is aborted and the result is there at once, even if fetch is slow to notice.
 */
export async function exchange(
  limits: { timeoutMs: number; signal: AbortSignal },
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<Exchange> {
  if (limits.signal.aborted) return { ended: 'cancelled' };
  const controller = new AbortController();
  let end: (early: Exchange) => void = () => undefined;
  const ended = new Promise<Exchange>((resolve) => (end = resolve));
  const stop = (ending: 'timeout' | 'cancelled') => () => {
    end({ ended: ending });
    controller.abort();
  };
  const cancel = stop('cancelled');
  const timer = setTimeout(stop('timeout'), Math.min(limits.timeoutMs, longestTimer));
  limits.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([ended, carry(send, controller.signal)]);
  } finally {
    clearTimeout(timer);
    limits.signal.removeEventListener('abort', cancel);
  }
}

/** The longest that a Node timer can wait; more would fire at once. */
export const longestTimer = 2 ** 31 - 1;

async function carry(
  send: (signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal,
): Promise<Exchange> {
  try {
    return await readWhole(await send(signal));
  } catch (error) {
    return endingIn(error) ?? { ended: 'thrown', error };
  }
}

async function readWhole(response: Response): Promise<Exchange> {
  const facts = { status: response.status, headers: response.headers, receivedAt: Date.now() };
  try {
    return { ended: 'response', response: { ...facts, body: await response.text() } };
  } catch {
    return { ended: 'cut', response: { ...facts, body: '' } };
  }
}

function endingIn(error: unknown): Exchange | undefined {
  if (error instanceof FetchEnded) return error.exchange;
  return error instanceof Error && error.cause !== undefined ? endingIn(error.cause) : undefined;
}
