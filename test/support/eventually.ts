import { vi } from 'vitest';

/** Waits until a condition holds: long, since what it waits for may happen on a machine that is busy. */
export function eventually<Result>(holds: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(holds, { timeout: 20_000, interval: 20 });
}
