import { describe, expect, it } from 'vitest';
import { longestDurationMs, parseDuration } from '../../config/duration.js';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    [' 1.5 s ', 1_500],
    ['5m', 300_000],
    ['1500', 1_500],
    [250, 250],
    [longestDurationMs, longestDurationMs],
    ['24d', 24 * 86_400_000],
  ])('%j is %d ms', (value, ms) => {
    expect(parseDuration(value)).toEqual({ ok: true, ms });
  });

  it.each(['', 'soon', '-5s', '0', 0, -1, Number.NaN, '5 parsecs', '1h 5m', '--5s', '0x10'])(
    '%j is no duration',
    (value) => {
      expect(parseDuration(value)).toEqual({
        ok: false,
        reason: expect.stringContaining('write') as unknown,
      });
    },
  );

  it.each(['25d', '1y', '9'.repeat(99), longestDurationMs + 1, Infinity])(
    '%j is longer than a timer can wait',
    (value) => {
      expect(parseDuration(value)).toEqual({
        ok: false,
        reason: expect.stringContaining('too long') as unknown,
      });
    },
  );
});
