import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../providers/retry-after.js';

const now = Date.parse('2026-11-23T10:00:00Z');
const read = (headers: Record<string, string>): number | undefined => retryAfterMs(new Headers(headers), now);

describe('Retry-After', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '2' }, 2000],
    ['fractions of a second', { 'retry-after': '0.25' }, 250],
    ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    ['a date', { 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' }, 30_000],
    [
      "a date by the provider's own clock",
      { 'retry-after': 'Mon, 23 Nov 2026 09:00:30 GMT', date: 'Mon, 23 Nov 2026 09:00:00 GMT' },
      30_000,
    ],
    ['a date gone by', { 'retry-after': 'Mon, 23 Nov 2026 09:59:00 GMT' }, 1],
    ['zero', { 'retry-after': '0' }, 1],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['milliseconds that are nonsense, then seconds', { 'retry-after-ms': 'soon', 'retry-after': '3' }, 3000],
    ['nothing', {}, undefined],
  ])('%s', (_, headers, expected) => {
    expect(read(headers)).toBe(expected);
  });

  it('is never below 1 ms and never a fraction', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (seconds) => {
        const wait = read({ 'retry-after': seconds.toFixed(6) });
        expect(wait).toBeGreaterThanOrEqual(1);
        expect(Number.isInteger(wait)).toBe(true);
      }),
    );
  });
});
