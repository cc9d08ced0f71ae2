import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKey } from '../../gateway/access/key-file.js';
import { readKeyFile } from '../../gateway/access/key-storage.js';
import { onlyJson, runCli, type CliResult } from './run-cli.js';

let folder: string;
let config: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-keys-cli-'));
  config = path.join(folder, 'holdfast.yaml');
  file = path.join(folder, 'kept/keys.json');
  await writeFile(config, 'gateway: { keys: kept/keys.json }\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const keys = (...args: string[]): Promise<CliResult> =>
  runCli(['keys', ...args], { env: { HOLDFAST_CONFIG: config } });
const found = async (text: string, at = new Date()): Promise<ReturnType<typeof findKey>> =>
  findKey(text, await readKeyFile(file), at);
const idIn = (text: string): string => text.slice(3, 11);
const inMs = (ms: number): Date => new Date(Date.now() + ms);
const day = 24 * 3_600_000;

describe('holdfast keys', () => {
  it('create prints the key alone on stdout, and keeps it where the config says', async () => {
    const { exitCode, stdout, stderr } = await keys('create', '--owner', 'ana');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^hf_[0-9a-f]{8}_[\w-]{43}\n$/);
    expect(stderr).toMatch(/of ana: may ask for everything; does not expire; without a limit/);
    expect(stderr).not.toContain(stdout.trim().slice(12));
    expect(stderr).not.toContain('the config names it');
    expect(await found(stdout.trim())).toMatchObject({ key: { owner: 'ana' } });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('create keeps the terms, and prints them with --json', async () => {
    const terms = ['--allow', 'chain:fast, strategy:coding,gpt-4,auto', '--rpm', '60', '--tpm', '1000'];
    const { stdout } = await keys('create', '--owner', 'ben', ...terms, '--expires', '90d', '--json');
    const made = onlyJson(stdout) as { key: string };
    expect(made).toMatchObject({
      owner: 'ben',
      state: 'active',
      allowed: ['chain:fast', 'strategy:coding', 'gpt-4', 'auto'],
      requestsPerMinute: 60,
      tokensPerMinute: 1000,
      file,
    });
    expect(await found(made.key, inMs(89 * day))).toHaveProperty('key');
    expect(await found(made.key, inMs(90 * day))).toEqual({ refusal: 'expired' });
  });

  it('create refuses a name that the config does not have, with the nearest', async () => {
    const before = await readFile(file, 'utf8');
    const { exitCode, stdout, stderr } = await keys(
      'create',
      '--owner',
      'ana',
      '--allow',
      'gpt-4,chain:fsat',
    );
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/chain:fsat: nothing in the config.*did you mean chain:fast\?/);
    expect(stderr).toContain(config);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('names are not checked against a config that cannot be loaded, where the file is given', async () => {
    const env = { HOLDFAST_CONFIG: path.join(folder, 'gone.yaml') };
    const place = path.join(folder, 'given.json');
    const args = ['keys', 'create', '--owner', 'ana', '--allow', 'chain:mine'];
    const given = await runCli([...args, '--file', place], { env });
    expect(given).toMatchObject({ exitCode: 0 });
    expect(given.stderr).toMatch(/note: the config cannot be loaded/);
    expect(given.stderr).toMatch(/the config names it: gateway: \{ keys: .*given\.json \}/);
    expect(await runCli(args, { env })).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it.each([
    [['create']],
    [['create', '--owner', ' ']],
    [['create', '--owner', 'anyone']],
    [['create', '--owner', 'ana', '--expires', 'soon']],
    [['create', '--owner', 'ana', '--expires', '0']],
    [['create', '--owner', 'ana', '--expires', '200y']],
    [['create', '--owner', 'ana', '--rpm', '0']],
    [['rotate', 'x', '--grace', '5 parsecs']],
    [['revoke', 'not-there']],
    [['rotate', 'not-there']],
  ])('%j is wrong use, and changes nothing', async (args) => {
    const before = await readFile(file, 'utf8');
    expect(await keys(...args)).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('revoke ends a key, once; the key itself will do for its id, and is not repeated', async () => {
    const text = (await keys('create', '--owner', 'ana')).stdout.trim();
    const revoked = await keys('revoke', text);
    expect(revoked).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/ana is revoked/) as string });
    expect(revoked.stdout + revoked.stderr).not.toContain(text.slice(12));
    expect(await found(text)).toEqual({ refusal: 'revoked' });
    const before = await readFile(file, 'utf8');
    expect((await keys('revoke', idIn(text))).stdout).toMatch(/was revoked already/);
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await keys('rotate', idIn(text))).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('rotate prints a new key with the same terms; the old one is taken until the grace is over', async () => {
    const old = (await keys('create', '--owner', 'ana', '--allow', 'gpt-4', '--rpm', '7')).stdout.trim();
    const { stdout, stderr } = await keys('rotate', idIn(old), '--grace', '2h');
    const text = stdout.trim();
    expect(stderr).toMatch(new RegExp(`takes the place of ${idIn(old)}, which is taken until `));
    expect(await found(text)).toMatchObject({
      key: { owner: 'ana', allowed: ['gpt-4'], requestsPerMinute: 7 },
    });
    expect(await found(old, inMs(day / 13))).toHaveProperty('key');
    expect(await found(old, inMs(day / 12))).toEqual({ refusal: 'expired' });
    const again = await keys('rotate', idIn(old));
    expect(again).toMatchObject({ exitCode: 2, stdout: '' });
    expect(again.stderr).toContain(idIn(text));
    const { key: last } = onlyJson((await keys('rotate', idIn(text), '--grace', '0', '--json')).stdout) as {
      key: string;
    };
    expect(await found(text)).toEqual({ refusal: 'expired' });
    expect(await found(last)).toHaveProperty('key');
  });

  it('list shows what there is, and nothing that helps to use a key', async () => {
    const { keys: kept } = await readKeyFile(file);
    const table = await keys('list');
    const asJson = await keys('list', '--json');
    const listed = onlyJson(asJson.stdout) as { keys: { id: string }[] };
    expect(listed.keys.map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
    expect(table.stdout).toMatch(/^id +owner +state/);
    expect(table.stdout).toMatch(/ben +active +\S+ +\S+ +chain:fast.* +60 requests, 1000 tokens$/m);
    expect(table.stdout).toMatch(/ana +revoked/);
    for (const { id, hash } of kept) {
      expect(table.stdout).toContain(id);
      expect(table.stdout + asJson.stdout).not.toContain(hash);
    }
  });

  it('a file that is missing or broken is told, with what to do', async () => {
    const missing = await keys('list', '--file', path.join(folder, 'none.json'));
    expect(missing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/does not exist.*keys create/) as string,
    });
    const broken = path.join(folder, 'broken.json');
    await writeFile(broken, '{');
    for (const args of [['list'], ['create', '--owner', 'ana'], ['revoke', 'x']]) {
      const { exitCode, stdout } = await keys(...args, '--file', broken, '--json');
      expect(exitCode).toBe(2);
      expect(onlyJson(stdout)).toMatchObject({ error: { code: 'key_file_unusable' } });
    }
    expect(await readFile(broken, 'utf8')).toBe('{');
  });

  it('KEY=$(holdfast keys create …) works, and the file is ./holdfast-keys.json where nothing says else', async () => {
    const at = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
    const holdfast = `"${process.execPath}" --import "${at('node_modules/tsx/dist/loader.mjs')}" "${at('cli/main.ts')}"`;
    const empty = await mkdtemp(path.join(folder, 'empty-'));
    const { PATH } = process.env;
    const script = `KEY=$(${holdfast} keys create --owner shop) && printf '<%s>' "$KEY"`;
    const { stdout, status } = spawnSync('sh', ['-c', script], {
      cwd: empty,
      env: { PATH },
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^<hf_[0-9a-f]{8}_[\w-]{43}>$/);
    const kept = await readKeyFile(path.join(empty, 'holdfast-keys.json'));
    expect(findKey(stdout.slice(1, -1), kept, new Date())).toMatchObject({ key: { owner: 'shop' } });
  });
});
