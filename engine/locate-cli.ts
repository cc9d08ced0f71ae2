import { access, constants, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { buildCli } from './build-cli.js';
import { checkCli, cliVersion, olderCliVersion } from './cli-version.js';
import type { EngineDependencies } from './dependencies.js';
import { downloadCli, type Obtained } from './download-cli.js';
import type { CliSource } from './engine.js';
import { EngineError } from './errors.js';
import { withLock } from './file-lock.js';
import { ensureFolder } from './folders.js';

export interface LocateOptions {
  env: NodeJS.ProcessEnv;
  cacheFolder: string;
  dependencies: EngineDependencies;
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
}

export interface LocatedCli {
  path: string;
  source: CliSource;
  version: string;
}

/** One way that led nowhere, for the error that lists them all. */
interface Tried {
  way: string;
  reason: string;
}

/**
 * Finds a usable `temporal` binary, or gets one: HOLDFAST_TEMPORAL_CLI, PATH, cache, download, Go.
 * @throws EngineError `configuration` when HOLDFAST_TEMPORAL_CLI names something unusable, `no-server` when every way failed
 */
export async function locateCli(options: LocateOptions): Promise<LocatedCli> {
  const named = options.env['HOLDFAST_TEMPORAL_CLI'];
  if (named) return locateNamed(resolve(named), options);

  const tried: Tried[] = [];
  const onPath = await findOnPath(options.env);
  if (onPath === undefined) {
    tried.push({ way: '`temporal` on PATH', reason: 'there is none' });
  } else {
    const check = await checkCli(onPath, options.dependencies.run, { signal: options.signal });
    if (check.usable) return { path: onPath, source: 'path', version: check.version };
    tried.push({ way: '`temporal` on PATH', reason: check.reason });
    options.onProgress(`Not using the Temporal CLI on PATH: ${check.reason}`);
  }

  const cached = await findCached(options);
  if (cached.found) return cached.found;

  await ensureFolder(options.cacheFolder);
  return withLock(
    join(options.cacheFolder, 'obtain-temporal.lock'),
    {
      signal: options.signal,
      onWait: () => options.onProgress('Another Holdfast is getting the Temporal CLI; waiting for it.'),
    },
    (signal) => obtain({ ...options, signal }, tried),
  );
}

async function locateNamed(path: string, options: LocateOptions): Promise<LocatedCli> {
  const check = await checkCli(path, options.dependencies.run, { signal: options.signal, anyVersion: true });
  options.signal?.throwIfAborted();
  if (check.usable) return { path, source: 'path', version: check.version };
  throw new EngineError(
    'configuration',
    `HOLDFAST_TEMPORAL_CLI names no usable Temporal CLI: ${check.reason}`,
    ['Set HOLDFAST_TEMPORAL_CLI to the `temporal` binary, or unset it.'],
  );
}

async function findOnPath(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = resolve(folder, 'temporal');
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function cachedPath(options: LocateOptions, version: string): string {
  return join(options.cacheFolder, `temporal-${version}`);
}

/** The newest usable binary in the cache, and those that are there but broken. */
async function findCached(options: LocateOptions): Promise<{ found?: LocatedCli; broken: Tried[] }> {
  const broken: Tried[] = [];
  for (const version of [cliVersion, olderCliVersion]) {
    const path = cachedPath(options, version);
    if (!(await isPresent(path))) continue;
    const check = await checkCli(path, options.dependencies.run, { signal: options.signal });
    // An aborted check looks like a broken binary, and must not cost anyone a whole one.
    options.signal?.throwIfAborted();
    if (check.usable) return { found: { path, source: 'cache', version: check.version }, broken };
    broken.push({ way: path, reason: check.reason });
  }
  return { broken };
}

async function isPresent(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Under the lock: looks again, since another process may just have finished, then downloads or builds. */
async function obtain(options: LocateOptions, tried: Tried[]): Promise<LocatedCli> {
  const cached = await findCached(options);
  if (cached.found) return cached.found;
  for (const { way, reason } of cached.broken) {
    options.onProgress(`The cached Temporal CLI is broken and will be replaced: ${reason}`);
    await rm(way, { force: true, recursive: true });
  }

  // Left-overs of a process that was killed in the middle; the lock says that nobody needs them.
  const workshop = join(options.cacheFolder, 'in-progress');
  await rm(workshop, { recursive: true, force: true });
  await mkdir(workshop, { recursive: true });
  try {
    const folder = await mkdtemp(join(workshop, 'cli-'));
    const ways: { way: string; source: CliSource; attempt: () => Promise<Obtained> }[] = [
      {
        way: `download of the official CLI ${cliVersion}`,
        source: 'sdk-download',
        attempt: () => downloadCli({ ...options, ...options.dependencies, folder: join(folder, 'download') }),
      },
      {
        way: 'build with Go',
        source: 'go-install',
        attempt: () =>
          buildCli({
            ...options,
            ...options.dependencies,
            folder: join(folder, 'build'),
            logPath: join(options.cacheFolder, 'go-build.log'),
          }),
      },
    ];
    const failures = [...tried];
    for (const { way, source, attempt } of ways) {
      const obtained = await attempt();
      options.signal?.throwIfAborted();
      const located =
        'path' in obtained ? await keep(obtained, source, options) : { reason: obtained.failed };
      if ('path' in located) return located;
      failures.push({ way, reason: located.reason });
    }
    throw nothingWorked(failures);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** Puts a binary that runs into the cache, in one step, so that nobody ever sees half of it. */
async function keep(
  binary: { path: string; version: string },
  source: CliSource,
  options: LocateOptions,
): Promise<LocatedCli | { reason: string }> {
  const check = await checkCli(binary.path, options.dependencies.run, { signal: options.signal });
  options.signal?.throwIfAborted();
  if (!check.usable) return { reason: check.reason };
  const cached = cachedPath(options, binary.version);
  await rename(binary.path, cached);
  return { path: cached, source, version: check.version };
}

function nothingWorked(tried: Tried[]): EngineError {
  const list = tried.map(({ way, reason }) => `  ${way}: ${reason}`).join('\n');
  return new EngineError('no-server', `No Temporal server answers and none could be got. Tried:\n${list}`, [
    'Install the Temporal CLI: `brew install temporal`, or the archive from https://docs.temporal.io/cli put on PATH.',
    `Or install Go (https://go.dev/dl, 1.25 or newer) and start again; or run \`go install github.com/temporalio/cli/cmd/temporal@v${olderCliVersion}\` yourself.`,
    'Or set HOLDFAST_TEMPORAL_CLI to a `temporal` binary brought from another machine.',
    'Or set TEMPORAL_ADDRESS to a server that runs elsewhere (Temporal Cloud, docker compose, your own).',
  ]);
}
