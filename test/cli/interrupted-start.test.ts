import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processIdentity } from '../../engine/process-identity.js';
import { versionLine, writeScript } from '../engine/fake-cli.js';
import { onlyJson, spawnCli, type CliProcess } from './run-cli.js';

let home: string;
let up: CliProcess | undefined;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'holdfast-start-'));
});
afterEach(async () => {
  up?.process.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

it.each([
  ['SIGINT', 'to the command alone'],
  ['SIGTERM', 'to the server as well'],
] as const)(
  '%s %s while the server starts ends both, and is told as interrupted',
  async (signal, receivers) => {
    const pidFile = path.join(home, 'server.pid');
    const silentServer = await writeScript(path.join(home, 'temporal'), [
      `if [ "$1" = --version ]; then echo '${versionLine('1.31.2')}'; exit; fi`,
      `echo $$ > '${pidFile}'; exec sleep 600`,
    ]);
    // Named, so that it is a server of its own even where another one runs on this machine.
    up = spawnCli(['up', '--json', '--database', path.join(home, 'own.db')], {
      HOLDFAST_HOME: home,
      HOLDFAST_TEMPORAL_CLI: silentServer,
    });
    await expect
      .poll(() => readFile(pidFile, 'utf8').catch(() => ''), { timeout: 60_000 })
      .toMatch(/^\d+\n$/);
    const server = Number(await readFile(pidFile, 'utf8'));

    up.process.kill(signal);
    // As systemd does: that the server ends then is no trouble of its own.
    if (receivers === 'to the server as well') process.kill(server, signal);

    const { exitCode, stdout, stderr } = await up.ended;
    expect(onlyJson(stdout)).toMatchObject({ error: { code: 'interrupted' } });
    expect(stderr).toContain('Interrupted while Temporal was being started');
    expect(exitCode).toBe(130);
    expect(await processIdentity(server)).toBeUndefined();
  },
);
