import { mergeConfig } from 'vitest/config';
import suite from '../../vitest.config.js';

// For `npm run record-histories`: the suite's own set-up, and the recorder instead of the tests.
export default {
  ...mergeConfig(suite, {}),
  test: { ...suite.test, include: ['test/replay/record.ts', 'test/replay/record-gateway.ts'] },
};
