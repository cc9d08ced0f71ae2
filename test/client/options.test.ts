import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveAddress } from '../../client/engine-address.js';
import { Holdfast, InvalidOptionsError, type HoldfastOptions } from '../../client/index.js';

/** Temporal is not asked for any of this. */
const address = '127.0.0.1:1';

describe('an option that cannot be', () => {
  it.each([
    ['deadlineMs', [Number.NaN, Infinity, 0, -1, '30s', 1e15]],
    ['lingerMs', [Number.NaN, Infinity, -1, '1']],
    ['startPatienceMs', [Number.NaN, Infinity, -1]],
    ['callTimeoutMs', [Number.NaN, Infinity, 0, '10s']],
    ['connectTimeoutMs', [Number.NaN, Infinity, 0]],
    ['taskQueue', ['', 5, 'half \ud800 a character']],
    ['address', ['', 7233]],
    ['namespace', ['']],
    ['apiKey', ['', 5]],
    ['metadata', [{ team: 5 }]],
    ['tls', ['yes']],
    ['searchAttributes', ['no']],
    ['deadline', [30_000]],
  ])('%s is an error that names it, and not what it was', (option, values) => {
    for (const value of values) {
      // Callers without types can give anything.
      const make = (): Holdfast => new Holdfast({ address, [option]: value });
      expect(make).toThrow(InvalidOptionsError);
      expect(make).toThrow(expect.objectContaining({ code: 'invalid_options' }));
      expect(make).toThrow(option);
    }
  });
});

describe('options that can be', () => {
  it.each([
    {},
    { deadlineMs: 1, lingerMs: 0, startPatienceMs: 0, callTimeoutMs: 0.5, connectTimeoutMs: 86_400_000 },
    { taskQueue: 'a', namespace: 'b', apiKey: 'c', metadata: { 'x-team': 'blue' }, searchAttributes: false },
    { tls: true },
    { tls: null },
    { tls: { serverNameOverride: 'temporal', serverRootCACertificate: Buffer.from('x') } },
  ] satisfies HoldfastOptions[])('%j make a Holdfast', async (options) => {
    await new Holdfast({ address, ...options }).close();
  });
});

describe('the TEMPORAL_* settings', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'holdfast-options-'));
    const file = path.join(folder, 'temporal.toml');
    await writeFile(file, '[profile.default]\naddress = "temporal.example:7233"\nnamespace = "shop"\n');
    env = { TEMPORAL_CONFIG_FILE: file };
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('count as unset when they are empty', () => {
    const empty = {
      TEMPORAL_ADDRESS: '',
      TEMPORAL_NAMESPACE: '',
      TEMPORAL_API_KEY: '',
      TEMPORAL_PROFILE: '',
    };
    const resolved = resolveAddress({}, { ...env, ...empty });
    expect(resolved).toMatchObject({ address: 'temporal.example:7233', namespace: 'shop' });
    expect(resolved.connection.apiKey).toBeUndefined();
    expect(resolved.connection.tls).toBeUndefined();
  });

  it('are taken where the options say nothing', () => {
    const given = { TEMPORAL_ADDRESS: 'elsewhere:7233', TEMPORAL_NAMESPACE: 'other' };
    expect(resolveAddress({}, { ...env, ...given })).toMatchObject({
      address: 'elsewhere:7233',
      namespace: 'other',
    });
    expect(resolveAddress({ address, namespace: 'mine' }, { ...env, ...given })).toMatchObject({
      address,
      namespace: 'mine',
    });
  });

  it('may leave everything to the defaults', async () => {
    const file = path.join(folder, 'nothing.toml');
    await writeFile(file, '[profile.default]\n');
    expect(resolveAddress({}, { TEMPORAL_CONFIG_FILE: file })).toMatchObject({
      address: '127.0.0.1:7233',
      namespace: 'default',
    });
  });

  it.each([
    ['an unknown profile', { TEMPORAL_PROFILE: 'nowhere' }, /nowhere.*TEMPORAL_PROFILE/s],
    ['a folder for a profile file', { TEMPORAL_CONFIG_FILE: tmpdir() }, /TEMPORAL_CONFIG_FILE/],
    [
      'a certificate that is not there',
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/at/all.pem' },
      /nowhere\/at\/all.*TEMPORAL_/s,
    ],
  ])('with %s are a typed error that names them', (_, fault, words) => {
    const read = (): unknown => resolveAddress({}, { ...env, ...fault });
    expect(read).toThrow(InvalidOptionsError);
    expect(read).toThrow(words);
  });
});
