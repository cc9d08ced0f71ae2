import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/quiet-temporal.ts'],
    globalSetup: ['test/support/suite.ts'],
    // Real servers and processes on shared cores: limits are for hangs, not for speed.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
