import { afterEach, expect, it, vi } from 'vitest';
import { exchange } from '../../providers/transport.js';

afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ['an answer', () => Promise.resolve(new Response('{}'))],
  ['an error', () => Promise.reject(new Error('refused'))],
])('%s leaves no timer and no listener behind', async (_, send) => {
  vi.useFakeTimers();
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');

  await exchange({ timeoutMs: 60_000, signal }, send);

  expect(vi.getTimerCount()).toBe(0);
  expect(removed.mock.calls.map(([type, listener]) => [type, listener])).toEqual(
    added.mock.calls.map(([type, listener]) => [type, listener]),
  );
});
