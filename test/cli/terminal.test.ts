import { expect, it } from 'vitest';
import { outputTo } from '../../cli/terminal.js';
import { runCli } from './run-cli.js';

const paint = (stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean =>
  outputTo({ write: () => undefined, ...stream }, env).colors.isColorSupported;

it.each([
  ['on a terminal', { isTTY: true }, {}, true],
  ['not into a file or a pipe', {}, {}, false],
  ['not with NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
  ['not on a terminal that cannot', { isTTY: true }, { TERM: 'dumb' }, false],
  ['where FORCE_COLOR asks for it', {}, { FORCE_COLOR: '1' }, true],
])('colours %s', (_, stream, env, expected) => {
  expect(paint(stream, env)).toBe(expected);
});

it('a mistake is told without a stack trace, unless HOLDFAST_DEBUG asks for it', async () => {
  const args = ['complete', 'hi', '--model', 'gpt-99'];

  expect((await runCli(args, { env: {} })).stderr).not.toMatch(/^ +at /m);
  expect((await runCli(args, { env: { HOLDFAST_DEBUG: '1' } })).stderr).toMatch(/^ +at /m);
});
