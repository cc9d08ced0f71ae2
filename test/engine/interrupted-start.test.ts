import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEngine } from '../../engine/index.js';
import { versionLine, writeScript } from './fake-cli.js';

test('a start that was cancelled is told as that, although the server has ended by then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-cancelled-'));
  const pidFile = join(folder, 'server.pid');
  const cli = await writeScript(join(folder, 'temporal'), [
    `if [ "$1" = --version ]; then echo '${versionLine('1.31.2')}'; exit; fi`,
    `echo $$ > '${pidFile}'; exec sleep 600`,
  ]);
  const abort = new AbortController();
  const starting = startEngine({
    env: { PATH: process.env['PATH'], HOLDFAST_HOME: folder, HOLDFAST_TEMPORAL_CLI: cli },
    database: { kind: 'file', path: join(folder, 'own.db') },
    signal: abort.signal,
  });
  const ended = expect(starting).rejects.toMatchObject({ name: 'EngineError', kind: 'cancelled' });
  await expect.poll(() => readFile(pidFile, 'utf8').catch(() => ''), { timeout: 30_000 }).toMatch(/^\d+\n$/);

  process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
  abort.abort();

  await ended;
  await rm(folder, { recursive: true, force: true });
});
