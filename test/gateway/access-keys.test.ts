import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.js';
import { Access } from '../../gateway/access/access.js';
import { addKey, revokeKey, rotateKey } from '../../gateway/access/key-changes.js';
import { findKey, type KeyFile, type KeyTerms } from '../../gateway/access/key-file.js';
import { keyFileOf } from '../../gateway/access/key-place.js';
import { changeKeyFile, readKeyFile } from '../../gateway/access/key-storage.js';
import { KeysInForce } from '../../gateway/access/keys-in-force.js';
import { withoutKeysOn } from '../../gateway/access/open-gateway.js';
import { RateLimits } from '../../gateway/access/rate-limits.js';
import { anyone, belongsTo, completionIdFor } from '../../gateway/request-id.js';
import { eventually } from '../support/eventually.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-keys-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const place = (): string => path.join(folder, randomUUID(), 'keys.json');
const create = { create: true };
const empty: KeyFile = { version: 1, keys: [] };
const now = new Date('2026-11-23T12:00:00.000Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const minute = 60_000;

describe('the key file', () => {
  it('keeps no key, is its owner’s alone, and leaves nothing beside it', async () => {
    const file = place();
    const { text } = await changeKeyFile(file, (keys) => addKey(keys, { owner: 'ana' }, now), create);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(path.dirname(file))).toEqual(['keys.json']);
    expect(await readFile(file, 'utf8')).not.toContain(text.slice(12));
    expect(findKey(text, await readKeyFile(file), now)).toMatchObject({ key: { owner: 'ana' } });
  });

  it('loses no change of several at the same time', async () => {
    const file = place();
    const owners = Array.from({ length: 8 }, (_, at) => `owner-${String(at)}`);
    await Promise.all(
      owners.map((owner) => changeKeyFile(file, (keys) => addKey(keys, { owner }, now), create)),
    );
    const { keys } = await readKeyFile(file);
    expect(keys.map(({ owner }) => owner).sort()).toEqual(owners);
  });

  it('stays as it was when a change fails, and a link to it stays a link', async () => {
    const file = place();
    await changeKeyFile(file, (keys) => addKey(keys, { owner: 'ana' }, now), create);
    const before = await readFile(file, 'utf8');
    const fails = (): never => {
      throw new Error('not now');
    };
    await expect(changeKeyFile(file, fails, create)).rejects.toThrow('not now');
    expect(await readFile(file, 'utf8')).toBe(before);
    const link = path.join(folder, `${randomUUID()}.json`);
    await symlink(file, link);
    await changeKeyFile(link, (keys) => addKey(keys, { owner: 'ben' }, now), create);
    expect((await readKeyFile(file)).keys).toHaveLength(2);
  });

  it('that is missing says how to make one; one that cannot be used says why, and nothing of its content', async () => {
    const missing = path.join(folder, 'none.json');
    const open = (file: string): Promise<unknown> => KeysInForce.open(file, { onRefused: () => undefined });
    await expect(open(missing)).rejects.toMatchObject({
      name: 'KeyFileError',
      kind: 'missing',
      message: expect.stringMatching(/none\.json does not exist.*holdfast keys create/) as string,
    });
    const { file: good, key } = addKey(empty, { owner: 'ana' }, now);
    for (const [content, reason] of [
      ['{"secret-word": tru', /is not JSON/],
      [JSON.stringify({ ...good, version: 2 }), /version/],
      [JSON.stringify({ ...good, keys: [{ ...key, hash: 'secret-word' }] }), /keys\.0\.hash/],
      [JSON.stringify({ ...good, keys: [key, key] }), /two keys have the same id/],
      [JSON.stringify({ ...good, keys: [{ ...key, owner: anyone }] }), /keys\.0\.owner/],
    ] as const) {
      const file = path.join(folder, `${randomUUID()}.json`);
      await writeFile(file, content);
      const error: unknown = await open(file).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ kind: 'unusable', message: expect.stringMatching(reason) as string });
      expect(String(error)).not.toContain('secret-word');
    }
  });

  it('is taken anew when another file takes its place, and told of once when it is gone', async () => {
    const file = path.join(folder, `${randomUUID()}.json`);
    await writeFile(file, JSON.stringify(empty));
    const refused: string[] = [];
    const keys = await KeysInForce.open(file, { intervalMs: 5, onRefused: (reason) => refused.push(reason) });
    const { text, key } = await changeKeyFile(file, (all) => addKey(all, { owner: 'ana' }, now), create);
    await eventually(() => expect(keys.find(text, now)).toHaveProperty('key'));
    await changeKeyFile(file, (all) => revokeKey(all, key, now), create);
    await eventually(() => expect(keys.find(text, now)).toEqual({ refusal: 'revoked' }));
    await rm(file);
    await eventually(() => expect(refused).toHaveLength(1));
    expect(refused[0]).toMatch(/does not exist/);
    expect(keys.find(text, now)).toEqual({ refusal: 'revoked' });
    await writeFile(file, JSON.stringify(empty));
    await eventually(() => expect(keys.find(text, now)).toEqual({ refusal: 'unknown' }));
    expect(refused).toHaveLength(1);
    keys.close();
  });

  it('is found from the folder of the config that names it', async () => {
    const config = path.join(folder, 'holdfast.yaml');
    await writeFile(config, 'gateway: { keys: secret/keys.json }');
    const loaded = await loadConfig({ file: config, env: {} });
    expect(keyFileOf(loaded)).toBe(path.join(folder, 'secret/keys.json'));
    expect(loaded.config.gateway).toMatchObject({ host: '127.0.0.1', port: 8788, overlappedStart: true });
    expect(keyFileOf(await loadConfig({ file: 'default', env: {} }))).toBeUndefined();
  });
});

describe('rotating', () => {
  const terms: KeyTerms = {
    owner: 'ana',
    allowed: ['chain:fast'],
    requestsPerMinute: 5,
    tokensPerMinute: 100,
    expiresAt: later(90 * minute).toISOString(),
  };

  it('gives a key with the same terms and as long a life; the old one ends after the grace', () => {
    const { file, text, key } = addKey(empty, terms, now);
    const rotated = rotateKey(file, key, 10 * minute, later(60 * minute));
    expect(findKey(rotated.text, rotated.file, later(149 * minute))).toMatchObject({
      key: { ...terms, expiresAt: later(150 * minute).toISOString() },
    });
    expect(findKey(text, rotated.file, later(69 * minute))).toHaveProperty('key');
    expect(findKey(text, rotated.file, later(70 * minute))).toEqual({ refusal: 'expired' });
    expect(rotated.old.rotatedTo).toBe(rotated.key.id);
  });

  it('does not lengthen the life of the old key', () => {
    const { file, text, key } = addKey(empty, terms, now);
    const { file: after } = rotateKey(file, key, 1_000 * minute, later(60 * minute));
    expect(findKey(text, after, later(90 * minute))).toEqual({ refusal: 'expired' });
  });
});

describe('limits per minute', () => {
  it('let as many requests begin as they say within any minute', () => {
    const limits = new RateLimits();
    const begin = (at: number): boolean => limits.begin('k', { requestsPerMinute: 3 }, at).ok;
    expect([0, 100, 30_000, 30_100].map(begin)).toEqual([true, true, true, false]);
    const refused = limits.begin('k', { requestsPerMinute: 3 }, 30_100);
    const waitMs = refused.ok ? 0 : refused.retryAfterMs;
    // After the time it says one may begin, and not a minute's worth before.
    expect(begin(30_100 + waitMs - 1)).toBe(false);
    expect(waitMs).toBeGreaterThanOrEqual(minute - 30_100);
    expect([0, 1, 2].map((more) => begin(30_100 + waitMs + more))).toEqual([true, true, false]);
    expect(limits.begin('other', { requestsPerMinute: 3 }, 30_100).ok).toBe(true);
  });

  it('count tokens when they are known, and say when enough of them no longer count', () => {
    const limits = new RateLimits();
    const begin = (at: number): ReturnType<RateLimits['begin']> =>
      limits.begin('k', { tokensPerMinute: 100 }, at);
    limits.used('k', 10, 0);
    limits.used('k', 150, 20_000);
    const refused = begin(30_000);
    expect(refused).toMatchObject({ ok: false, what: 'tokens' });
    const waitMs = refused.ok ? 0 : refused.retryAfterMs;
    expect(begin(30_000 + waitMs - 1).ok).toBe(false);
    expect(begin(30_000 + waitMs).ok).toBe(true);
  });

  it('of tokens hold for a key as it says, and not for others', () => {
    const { file, key } = addKey(empty, { owner: 'ana', tokensPerMinute: 100 }, now);
    const access = new Access({ find: (text, at) => findKey(text, file, at) });
    expect(access.begin(key, 0)).toBeUndefined();
    access.used(key, 100, 10);
    expect(access.begin(key, 20)).toMatchObject({ status: 429, code: 'tokens_per_minute', passes: true });
    expect(access.begin({ ...key, id: 'another1' }, 20)).toBeUndefined();
  });
});

it('a gateway without keys may listen on loopback alone', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '::1', '[::1]']) {
    expect(withoutKeysOn(host), host).toMatchObject({
      allowed: true,
      sentence: expect.stringContaining(host) as string,
    });
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example.com', 'localhost.example.com', '']) {
    expect(withoutKeysOn(host), host).toMatchObject({
      allowed: false,
      reason: expect.stringMatching(/holdfast keys create.*gateway\.keys/) as string,
    });
  }
});

it('the id of a completion says whose it is', () => {
  for (const key of [undefined, 'some key']) {
    const id = completionIdFor('ana', key);
    expect(id).toMatch(/^gw-[0-9a-f]{12}-/);
    expect([belongsTo('ana', id), belongsTo('ben', id), belongsTo(anyone, id)]).toEqual([true, false, false]);
  }
  expect(completionIdFor('ana', 'one')).toBe(completionIdFor('ana', 'one'));
  expect(completionIdFor('ana', 'one')).not.toBe(completionIdFor('ana', 'two'));
  expect(completionIdFor('ana', undefined)).not.toBe(completionIdFor('ana', undefined));
  expect(belongsTo('ana', 'completion-of-elsewhere')).toBe(false);
});
