import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../cli/build-when-stale.js', import.meta.url));

let folder: string;

/** A clone without packages: one source file, and the script. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-clone-'));
  await cp(script, path.join(folder, 'cli', 'build-when-stale.js'));
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function run(): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, ['cli/build-when-stale.js'], { cwd: folder, encoding: 'utf8' });
}

describe('npm start', () => {
  it('on a clone without packages says what to run first', () => {
    const { status, stderr } = run();

    expect(stderr).toContain('npm ci');
    expect(status).toBe(1);
  });

  it('needs nothing where dist/ is newer than every source', async () => {
    const lastOutput = path.join(folder, 'dist', 'config', 'default.yaml');
    await mkdir(path.dirname(lastOutput), { recursive: true });
    await writeFile(lastOutput, '');
    const later = new Date(Date.now() + 60_000);
    await utimes(lastOutput, later, later);

    expect(run()).toMatchObject({ status: 0, stderr: '' });
  });
});
