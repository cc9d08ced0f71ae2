import { expect, test } from 'vitest';
import { planBuild } from '../../engine/build-plan.js';
import { cliVersion, olderCliVersion } from '../../engine/cli-version.js';

test.each([
  ['go1.26.4', 'local', { kind: 'module', version: cliVersion }],
  ['go1.27rc1', 'auto', { kind: 'module', version: cliVersion }],
  ['go1.26.3', 'auto', { kind: 'install', version: olderCliVersion }],
  ['go1.25', 'local', { kind: 'install', version: olderCliVersion }],
  [
    'go1.24.9',
    'auto',
    { kind: 'module', version: cliVersion, note: expect.stringContaining('1.26.4') as string },
  ],
  ['go1.24.9', 'local', { kind: 'none', reason: expect.stringContaining('go1.24.9 is too old') as string }],
  ['go1.20.1', 'auto', { kind: 'none', reason: expect.stringContaining('too old') as string }],
])('%s with toolchain %s', (version, toolchain, plan) => {
  expect(planBuild(version, toolchain)).toEqual(plan);
});
