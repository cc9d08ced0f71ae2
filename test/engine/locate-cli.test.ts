import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cliVersion, olderCliVersion } from '../../engine/cli-version.js';
import { EngineError } from '../../engine/errors.js';
import { locateCli, type LocateOptions } from '../../engine/locate-cli.js';
import { runCommand } from '../../engine/run-command.js';
import { versionLine, writeFakeCli, writeFakeGo, writeScript } from './fake-cli.js';

let folder: string;
let cached: string;
let progress: string[];
let requested: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-locate-'));
  cached = join(folder, 'cache', `temporal-${cliVersion}`);
  progress = [];
  requested = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const unreachable: typeof fetch = (input) => {
  requested.push(input instanceof Request ? input.url : input.toString());
  return Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') }));
};

/** Scripts need /bin/sh's own tools, but neither a `temporal` nor a `go` that this machine may have. */
async function pathOf(...folders: string[]): Promise<string> {
  const tools = join(folder, 'tools');
  await mkdir(tools, { recursive: true });
  await writeScript(join(tools, 'chmod'), ['exec /bin/chmod "$@"']);
  await writeScript(join(tools, 'sleep'), ['exec /bin/sleep "$@"']);
  return [...folders, tools].join(':');
}

function locating(env: NodeJS.ProcessEnv, overrides: Partial<LocateOptions> = {}): LocateOptions {
  return {
    env,
    cacheFolder: join(folder, 'cache'),
    dependencies: { fetch: unreachable, run: runCommand, ports: { grpc: 1, ui: 1 } },
    onProgress: (line) => progress.push(line),
    ...overrides,
  };
}

async function archiveOf(path: string): Promise<Buffer> {
  const archive = join(folder, 'archive.tar.gz');
  await promisify(execFile)('tar', ['-czf', archive, '-C', path, 'temporal']);
  return readFile(archive);
}

async function beginningOf(program: string): Promise<Buffer> {
  const file = await open(program);
  try {
    const { buffer } = await file.read(Buffer.alloc(1_000_000), 0, 1_000_000, 0);
    return buffer;
  } finally {
    await file.close();
  }
}

async function engineErrorOf(promise: Promise<unknown>): Promise<EngineError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof EngineError)) throw new Error('expected an EngineError', { cause: error });
  return error;
}

describe('what is there already', () => {
  test('HOLDFAST_TEMPORAL_CLI comes before PATH', async () => {
    const named = await writeFakeCli(join(folder, 'named'));
    await writeFakeCli(join(folder, 'bin', 'temporal'));
    const env = { PATH: await pathOf(join(folder, 'bin')), HOLDFAST_TEMPORAL_CLI: named };
    expect(await locateCli(locating(env))).toMatchObject({ path: named, source: 'path' });
  });

  test('HOLDFAST_TEMPORAL_CLI that is no CLI is an error, and nothing takes its place', async () => {
    const named = await writeScript(join(folder, 'named'), ['echo nonsense']);
    await writeFakeCli(join(folder, 'bin', 'temporal'));
    const env = { PATH: await pathOf(join(folder, 'bin')), HOLDFAST_TEMPORAL_CLI: named };
    const error = await engineErrorOf(locateCli(locating(env)));
    expect(error.kind).toBe('configuration');
    expect(error.message).toContain(named);
  });

  test('PATH comes before the cache', async () => {
    const onPath = await writeFakeCli(join(folder, 'bin', 'temporal'));
    await writeFakeCli(cached);
    const env = { PATH: await pathOf(join(folder, 'empty'), join(folder, 'bin')) };
    expect(await locateCli(locating(env))).toMatchObject({ path: onPath, source: 'path' });
  });

  test('a CLI on PATH with too old a server is passed over, and said', async () => {
    await writeFakeCli(join(folder, 'bin', 'temporal'), '1.22.0');
    await writeFakeCli(cached);
    const env = { PATH: await pathOf(join(folder, 'bin')) };
    expect(await locateCli(locating(env))).toMatchObject({ path: cached, source: 'cache' });
    expect(progress.join('\n')).toContain('1.22');
  });

  test('the cache comes before the network', async () => {
    await writeFakeCli(cached);
    expect(await locateCli(locating({ PATH: await pathOf() }))).toMatchObject({
      path: cached,
      source: 'cache',
    });
    expect(requested).toEqual([]);
  });
});

describe('getting one', () => {
  test.each([
    ['a text', () => Promise.resolve(Buffer.from('half of a binary'))],
    ['the beginning of a real program', () => beginningOf(process.execPath)],
    ['nothing', () => Promise.resolve(Buffer.alloc(0))],
  ])('a cached binary that is %s is replaced by a download', async (_what, content) => {
    await mkdir(join(folder, 'cache'));
    await writeFile(cached, await content());
    await chmod(cached, 0o755);
    await writeFakeCli(join(folder, 'release', 'temporal'));
    const archive = await archiveOf(join(folder, 'release'));
    const fetch: typeof globalThis.fetch = () => Promise.resolve(new Response(new Uint8Array(archive)));
    const options = locating(
      { PATH: await pathOf() },
      { dependencies: { fetch, run: runCommand, ports: { grpc: 1, ui: 1 } } },
    );
    expect(await locateCli(options)).toMatchObject({ path: cached, source: 'sdk-download' });
    expect(progress.join('\n')).toMatch(/broken.*replaced/);
    expect(await locateCli(options)).toMatchObject({ path: cached, source: 'cache' });
    expect(await readdir(join(folder, 'cache'))).toEqual([`temporal-${cliVersion}`]);
  });

  test('when no host is reachable, Go builds the current release into the cache', async () => {
    const journal = join(folder, 'journal');
    await writeFakeGo(join(folder, 'bin', 'go'), { journal });
    const located = await locateCli(locating({ PATH: await pathOf(join(folder, 'bin')) }));
    expect(located).toMatchObject({ path: cached, source: 'go-install' });
    expect(requested.map((url) => new URL(url).host)).toEqual(['temporal.download', 'github.com']);
    expect(await readFile(journal, 'utf8')).toContain(`@v${cliVersion}`);
    expect(await readdir(join(folder, 'cache'))).toEqual([`temporal-${cliVersion}`]);
  });

  test('an older Go builds the older release', async () => {
    const journal = join(folder, 'journal');
    const built = versionLine('1.29.1');
    await writeFakeGo(join(folder, 'bin', 'go'), { journal, version: 'go1.25.3', built });
    const located = await locateCli(locating({ PATH: await pathOf(join(folder, 'bin')) }));
    expect(located).toMatchObject({
      path: join(folder, 'cache', `temporal-${olderCliVersion}`),
      source: 'go-install',
    });
    expect(await readFile(journal, 'utf8')).toContain(`@v${olderCliVersion}`);
  });

  test('a build that does not run is not kept', async () => {
    const journal = join(folder, 'journal');
    await writeFakeGo(join(folder, 'bin', 'go'), { journal, built: 'Illegal instruction' });
    const error = await engineErrorOf(locateCli(locating({ PATH: await pathOf(join(folder, 'bin')) })));
    expect(error.message).toContain('Illegal instruction');
    expect(progress.join('\n')).toContain(`Its log is ${join(folder, 'cache', 'go-build.log')}`);
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  test('a build that fails leaves its whole log, and the error names it', async () => {
    await writeScript(join(folder, 'bin', 'go'), [
      'if [ "$1" = env ]; then echo go1.26.4; echo local; exit; fi',
      'echo first line; for i in 1 2 3 4 5 6; do echo line; done; exit 1',
    ]);
    const error = await engineErrorOf(locateCli(locating({ PATH: await pathOf(join(folder, 'bin')) })));
    const log = join(folder, 'cache', 'go-build.log');
    expect(error.message).toContain(log);
    expect(error.message).not.toContain('first line');
    expect(await readFile(log, 'utf8')).toMatch(/^first line\n/);
  });

  test('of two at once one builds and the other waits for it', async () => {
    const journal = join(folder, 'journal');
    await writeFakeGo(join(folder, 'bin', 'go'), { journal });
    const options = locating({ PATH: await pathOf(join(folder, 'bin')) });
    const located = await Promise.all([locateCli(options), locateCli(options)]);
    expect(located.map(({ source }) => source).sort()).toEqual(['cache', 'go-install']);
    const builds = (await readFile(journal, 'utf8')).split('\n').filter((line) => line.startsWith('build'));
    expect(builds).toHaveLength(1);
    expect(progress.join('\n')).toContain('waiting for it');
  });

  test('an aborted build leaves the cache as it was', async () => {
    const started = join(folder, 'started');
    await writeScript(join(folder, 'bin', 'go'), [
      'if [ "$1" = env ]; then echo go1.26.4; echo local; exit; fi',
      `echo > '${started}'; exec sleep 600`,
    ]);
    const abort = new AbortController();
    const locating_ = locateCli(
      locating({ PATH: await pathOf(join(folder, 'bin')) }, { signal: abort.signal }),
    );
    const ended = expect(locating_).rejects.toThrow(/abort/);
    await expect.poll(() => readdir(folder)).toContain('started');
    abort.abort();
    await ended;
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  test('when nothing works, the error lists what was tried and the ways to get a server', async () => {
    await writeFakeGo(join(folder, 'bin', 'go'), { journal: join(folder, 'journal'), version: 'go1.20' });
    const error = await engineErrorOf(locateCli(locating({ PATH: await pathOf(join(folder, 'bin')) })));
    expect(error.kind).toBe('no-server');
    for (const tried of [
      'on PATH',
      'temporal.download',
      'github.com',
      'getaddrinfo ENOTFOUND',
      'go1.20 is too old',
    ]) {
      expect(error.message).toContain(tried);
    }
    for (const way of ['docs.temporal.io/cli', 'go install', 'HOLDFAST_TEMPORAL_CLI', 'TEMPORAL_ADDRESS']) {
      expect(error.toString()).toContain(way);
    }
  });
});
