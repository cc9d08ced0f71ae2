import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, hashOf, loadConfig, parseConfig } from '../../config/load.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(yaml: string): ReturnType<typeof loadConfig> {
  const file = path.join(folder, 'holdfast.yaml');
  await writeFile(file, yaml);
  return loadConfig({ env: {}, directory: folder });
}

async function fault(yaml: string): Promise<string> {
  const error: unknown = await load(yaml).catch((reason: unknown) => reason);
  if (error instanceof ConfigError) return error.message;
  throw new Error('the config was accepted');
}

describe('the shipped config', () => {
  it('is valid, and has the declared retry policy and the named strategies', async () => {
    const { config } = await loadConfig({ env: {}, directory: tmpdir() });
    expect(config.retry).toMatchObject({
      maxAttempts: 3,
      baseDelay: 1_000,
      maxDelay: 60_000,
      attemptTimeout: 30_000,
    });
    expect(config.deadline).toBe(300_000);
    expect(Object.keys(config.strategies)).toEqual([
      'high_quality',
      'fast_cheap',
      'creative',
      'coding',
      'analysis',
    ]);
    expect(config.chains['default']?.slice(0, 3)).toEqual([
      'gpt-4',
      'claude-3-opus-20240229',
      'gpt-3.5-turbo',
    ]);
  });
});

describe('a key in the wrong place', () => {
  const key = 'sk-proj-THISISMYSECRETKEY0123456789';

  it.each([
    ['as itself', `providers: { openai: { keys: ['${key}'] } }`],
    ['behind env:', `providers: { openai: { keys: ['env:${key}'] } }`],
    ['behind env:, without dashes', `providers: { openai: { keys: ['env:${key.replaceAll('-', '_')}'] } }`],
    ['in a line that is not YAML', `providers: { openai: { keys: [${key}`],
    ['as the name of a field', `providers: { openai: { '${key}': x } }`],
  ])('%s is refused and not repeated', async (_, yaml) => {
    expect(await fault(yaml)).not.toContain('SECRET');
  });
});

describe('a holdfast.yaml', () => {
  it('is laid over the shipped config name by name', async () => {
    const { config, file } = await load(
      'models:\n  local: { provider: openai, upstreamModel: llama }\nchains:\n  default: [local, gpt-4]\nretry: { baseDelay: 50ms }\n',
    );
    expect(file).toContain('holdfast.yaml');
    expect(config.models).toHaveProperty('local');
    expect(config.models).toHaveProperty('gpt-4');
    expect(config.chains['default']).toEqual(['local', 'gpt-4']);
    expect(config.retry).toMatchObject({ baseDelay: 50, maxAttempts: 3 });
  });

  it('that is empty changes nothing', async () => {
    const shipped = await loadConfig({ env: {}, directory: tmpdir() });
    expect((await load('')).hash).toBe(shipped.hash);
  });

  it.each([
    ['chains: { default: [nobody] }', /chains\.default\[0\]: no model has this name.*nobody/],
    ['models: { mine: { provider: nobody } }', /models\.mine\.provider: no provider has this name.*nobody/],
    ['retry: { maxAttempts: many }', /retry\.maxAttempts/],
    ['retry: { baseDelay: soon }', /retry\.baseDelay/],
    ['retry: { baseDelay: -5 }', /retry\.baseDelay/],
    ['retry: { heartbeatInterval: 20s }', /retry\.heartbeatInterval: .*at most half of heartbeatTimeout/],
    ['retry: { heartbeatInterval: 5001ms }', /at most half of heartbeatTimeout/],
    ['retry: { maxDelay: 25d }', /retry\.maxDelay: too long/],
    ['deadline: 2147483648', /deadline: too long/],
    ['deadline: .inf', /deadline/],
    ['retrys: { maxAttempts: 3 }', /retrys/],
    ['providers: { mine: { kind: openai, baseUrl: "file:///etc" } }', /baseUrl/],
    ['chains: { default: [gpt-4', /is not YAML/],
    ['- a list', /cannot be used/],
  ])('%s is refused by name', async (yaml, message) => {
    expect(await fault(yaml)).toMatch(message);
  });

  it('may have a heartbeat of half the timeout, and durations as long as a timer can wait', async () => {
    const { config } = await load(
      'retry: { heartbeatInterval: 5s, heartbeatTimeout: 10s }\ndeadline: 2147483647',
    );
    expect(config).toMatchObject({ retry: { heartbeatInterval: 5_000 }, deadline: 2_147_483_647 });
  });

  it('with a key in it is refused without repeating the key', async () => {
    const text = await fault('providers: { openai: { kind: openai, keys: [sk-secret-0123456789] } }');
    expect(text).toMatch(/by reference/);
    expect(text).not.toContain('sk-secret');
  });

  it('that was named and is not there is an error; an unnamed one is not needed', async () => {
    await expect(loadConfig({ file: 'absent.yaml', env: {}, directory: folder })).rejects.toThrow(
      /absent\.yaml cannot be read/,
    );
    await expect(loadConfig({ env: { HOLDFAST_CONFIG: 'absent.yaml' }, directory: folder })).rejects.toThrow(
      ConfigError,
    );
  });
});

describe('an empty HOLDFAST_CONFIG', () => {
  it('names no file', async () => {
    await load('deadline: 7s');
    const { config, file } = await loadConfig({ env: { HOLDFAST_CONFIG: '' }, directory: folder });
    expect(config.deadline).toBe(7_000);
    expect(file).toBe(path.join(folder, 'holdfast.yaml'));
  });
});

describe('the keys of a shipped provider', () => {
  it.each([
    [
      'another address',
      '{ baseUrl: "https://models.example.com/v1" }',
      /providers\.openai has another baseUrl/,
    ],
    ['another format', '{ kind: anthropic }', /providers\.openai has another kind/],
    ['another address and no word on keys', '{ baseUrl: "https://x.example/v1", keys: null }', /baseUrl/],
  ])('are not sent to %s, and a notice says so', async (_, provider, notice) => {
    const { config, notices } = await load(`providers: { openai: ${provider} }`);
    expect(config.providers['openai']?.keys).toEqual([]);
    expect(notices).toEqual([expect.stringMatching(notice)]);
    expect(config.providers['anthropic']?.keys).toEqual(['env:ANTHROPIC_API_KEY']);
  });

  it.each([
    ['the address stays', '{ kind: openai }', ['env:OPENAI_API_KEY']],
    ['they are named again', '{ baseUrl: "https://x.example/v1", keys: ["env:MINE"] }', ['env:MINE']],
    ['none are asked for', '{ baseUrl: "https://x.example/v1", keys: [] }', []],
  ])('are as configured when %s', async (_, provider, keys) => {
    const loaded = await load(`providers: { openai: ${provider} }`);
    expect(loaded.config.providers['openai']?.keys).toEqual(keys);
    expect(loaded).not.toHaveProperty('notices');
  });

  it('of a file are not sent where an overlay points', async () => {
    await load('providers: { mine: { kind: openai, baseUrl: "https://x.example/v1", keys: ["env:MINE"] } }');
    const overlay = { providers: { mine: { baseUrl: 'http://127.0.0.1:1/v1' } } };
    const { config, notices } = await loadConfig({ env: {}, directory: folder, overlay });
    expect(config.providers['mine']).toMatchObject({ baseUrl: 'http://127.0.0.1:1/v1', keys: [] });
    expect(notices).toHaveLength(1);
  });
});

describe('the config hash', () => {
  it('is the same whatever the order of the parts, and another for another value', () => {
    const parts = {
      providers: { p: { kind: 'openai' } },
      models: { m: { provider: 'p' } },
      chains: { default: ['m'] },
    };
    const { chains, models, providers } = parts;
    const hash = hashOf(parseConfig(parts, 'a'));
    expect(hash).toMatch(/^[0-9a-f]{12}$/);
    expect(hashOf(parseConfig({ chains, models, providers }, 'b'))).toBe(hash);
    expect(hashOf(parseConfig({ ...parts, deadline: '1m' }, 'c'))).not.toBe(hash);
  });
});
