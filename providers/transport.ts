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

/** What a call may take, whatever it does. */
export interface CallLimits {
  timeoutMs: number;
  signal: AbortSignal;
}

type Stopped = { ended: 'timeout' } | { ended: 'cancelled' };

/**
 * Runs one call within its limits and reads its whole body. Never rejects. At the time limit, or when the caller
 * cancels, the HTTP call is aborted and the result is there at once, even if fetch is slow to notice.
 */
export function exchange(
  limits: CallLimits,
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<Exchange> {
  return bounded<Exchange>(limits, (signal) => carry(() => send(signal), readWhole));
}

/**
 * The limits of {@link exchange}, for any way of reading.
 * @param run Gets a `stop` of its own, which ends the call as the limits do: aborted, and told at once.
 */
export async function bounded<Ending>(
  limits: CallLimits,
  run: (signal: AbortSignal, stop: (ending: Ending) => void) => Promise<Ending>,
): Promise<Ending | Stopped> {
  if (limits.signal.aborted) return { ended: 'cancelled' };
  const controller = new AbortController();
  let end: (early: Ending | Stopped) => void = () => undefined;
  const ended = new Promise<Ending | Stopped>((resolve) => (end = resolve));
  const stop = (ending: Ending | Stopped): void => {
    end(ending);
    controller.abort();
  };
  const cancel = (): void => stop({ ended: 'cancelled' });
  const timer = setTimeout(() => stop({ ended: 'timeout' }), Math.min(limits.timeoutMs, longestTimer));
  limits.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([ended, run(controller.signal, stop)]);
  } catch (error) {
    controller.abort();
    throw error;
  } finally {
    clearTimeout(timer);
    limits.signal.removeEventListener('abort', cancel);
  }
}

/** The longest that a Node timer can wait; more would fire at once. */
export const longestTimer = 2 ** 31 - 1;

/** Sends, and reads what came back; whatever fetch ended with in place of a response is an ending too. */
export async function carry<Ending>(
  send: () => Promise<Response>,
  read: (response: Response) => Promise<Ending>,
): Promise<Ending | Exchange> {
  let response: Response;
  try {
    response = await send();
  } catch (error) {
    return endingIn(error) ?? { ended: 'thrown', error };
  }
  return read(response);
}

/** What is known of a response when its headers are there. */
export function factsOf({ status, headers }: Response): HttpFacts {
  return { status, headers, body: '', receivedAt: Date.now() };
}

async function readWhole(response: Response): Promise<Exchange> {
  const facts = factsOf(response);
  try {
    return { ended: 'response', response: { ...facts, body: await response.text() } };
  } catch {
    return { ended: 'cut', response: facts };
  }
}

function endingIn(error: unknown): Exchange | undefined {
  if (error instanceof FetchEnded) return error.exchange;
  return error instanceof Error && error.cause !== undefined ? endingIn(error.cause) : undefined;
}
