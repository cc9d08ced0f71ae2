import { afterEach, expect, it, vi } from 'vitest';
import type { StreamReader } from '../../wire/stream.js';
import { exchangeStream } from '../../providers/streaming.js';
import { exchange } from '../../providers/transport.js';

afterEach(() => {
  vi.useRealTimers();
});

const silent: StreamReader = { take: () => ({ deltas: [] }), end: () => ({ is: 'error' }) };
const stream = { firstTokenTimeoutMs: 60_000, idleTimeoutMs: 60_000 };

it.each([
  ['an answer', () => Promise.resolve(new Response('{}'))],
  ['an error', () => Promise.reject(new Error('refused'))],
])('%s leaves no timer and no listener behind', async (_, send) => {
  vi.useFakeTimers();
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');

  await exchange({ timeoutMs: 60_000, signal }, send);
  await exchangeStream({ timeoutMs: 60_000, signal, stream }, silent, () => undefined, send);

  expect(vi.getTimerCount()).toBe(0);
  expect(added).toHaveBeenCalledTimes(2);
  expect(removed.mock.calls.map(([type, listener]) => [type, listener])).toEqual(
    added.mock.calls.map(([type, listener]) => [type, listener]),
  );
});
