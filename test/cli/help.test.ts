import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.js';
import { runCli, suiteEnv } from './run-cli.js';

const commands = [
  'up',
  'complete',
  'attempts',
  'cancel',
  'replay',
  'worker',
  'config',
  'breakers',
  'failures',
  'alerts',
  'keys',
];

describe('holdfast --help', () => {
  it('lists the commands and what each exit code means', async () => {
    const { exitCode, stdout } = await runCli(['--help']);

    expect(exitCode).toBe(0);
    for (const command of commands) expect(stdout).toContain(`\n  ${command} `);
    for (const code of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`^ {2}${code} +\\w`, 'm'));
  });

  it.each(commands)('%s shows an example', async (command) => {
    const { exitCode, stdout } = await runCli([command, '--help']);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n.*holdfast ${command}`));
  });

  it.each(['', ...commands, 'config check', 'config show', 'breakers open', 'keys create'])(
    'started by npm, usage and examples can be typed as they are: %s --help',
    async (command) => {
      const args = `${command} --help`.trim().split(' ');
      const { stdout } = await runCli(args, { env: suiteEnv({ npm_command: 'exec' }) });

      expect(stdout).toContain(`Usage: ${`npx holdfast ${command}`.trim()} [`);
      expect(stdout).toMatch(/Examples?:\n.*npx holdfast \w/);
      expect(stdout).not.toMatch(new RegExp(`(?<!npx )\\bholdfast (?:\\[|${commands.join('|')})`));
    },
  );

  it('wrong use is exit code 2, with what was probably meant', async () => {
    expect(await runCli(['complte'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean complete?') as string,
    });
    expect(await runCli(['up', '--onec'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean --once?') as string,
    });
    expect(await runCli(['complete'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("missing required argument 'prompt'") as string,
    });
    expect(await runCli([])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Usage:') as string,
    });
  });

  it('--version is the version of the package', async () => {
    const { exitCode, stdout } = await runCli(['--version']);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
