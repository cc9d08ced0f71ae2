import { describe, expect, it } from 'vitest';
import { costOf, type Price } from '../../policy/cost.js';

const price: Price = {
  input: 2,
  output: 10,
  cachedInput: 0.2,
  cacheWriteInput: 2.5,
  longPrompts: [
    { above: 500_000, input: 8, output: 30 },
    { above: 272_000, input: 4, output: 15, cachedInput: 0.4 },
  ],
};

describe('the cost of a call', () => {
  it.each([
    ['plain', { inputTokens: 1_000, outputTokens: 100 }, 0.003],
    ['read from the cache', { inputTokens: 1_000, outputTokens: 0, cachedInputTokens: 500 }, 0.0011],
    ['written to the cache', { inputTokens: 1_000, outputTokens: 0, cacheWriteInputTokens: 1_000 }, 0.0025],
    ['at the border', { inputTokens: 272_000, outputTokens: 0 }, 0.544],
    ['above it, answer included', { inputTokens: 300_000, outputTokens: 1_000 }, 1.215],
    ['above it, cached', { inputTokens: 300_000, outputTokens: 0, cachedInputTokens: 300_000 }, 0.12],
    ['above the highest', { inputTokens: 600_000, outputTokens: 0 }, 4.8],
  ])('%s', (_, usage, usd) => {
    expect(costOf(usage, price)).toBeCloseTo(usd, 9);
  });

  it('is unknown where price or tokens are', () => {
    expect(costOf({ inputTokens: 1, outputTokens: 1 }, undefined)).toBeNull();
    expect(costOf(undefined, price)).toBeNull();
  });
});
