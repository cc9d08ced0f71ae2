import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cliVersion } from './cli-version.js';
import { describeError } from './errors.js';
import { lastLines, type RunCommand } from './run-command.js';

// The SDK can download this archive too, but only by starting a server in the same call, through an internal
// API of its native core: that server dies with our process (nothing to adopt after a crash), cannot be seen
// coming (no progress, no limit on connecting), and needs @temporalio/testing. So the archive is fetched from
// the same host here, and from the project's releases when that host cannot be reached.

const connectTimeoutMs = 5_000;
const stallTimeoutMs = 20_000;
const progressEveryMs = 5_000;

export interface DownloadOptions {
  /** An empty folder of ours; the binary ends up in it. */
  folder: string;
  fetch: typeof globalThis.fetch;
  run: RunCommand;
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
  platform?: NodeJS.Platform;
  architecture?: string;
}

/** A binary of this release, not yet tried; or why there is none. */
export type Obtained = { path: string; version: string } | { failed: string };

/** Fetches and unpacks the official archive. Says why when that fails; a host that is out of reach costs seconds. */
export async function downloadCli(options: DownloadOptions): Promise<Obtained> {
  const platform = options.platform ?? process.platform;
  const architecture = { x64: 'amd64', arm64: 'arm64' }[options.architecture ?? process.arch];
  if ((platform !== 'linux' && platform !== 'darwin') || architecture === undefined) {
    return {
      failed: `there is no official archive for ${platform} on ${options.architecture ?? process.arch}`,
    };
  }
  const urls = [
    `https://temporal.download/cli/archive/v${cliVersion}?platform=${platform}&arch=${architecture}`,
    `https://github.com/temporalio/cli/releases/download/v${cliVersion}/temporal_cli_${cliVersion}_${platform}_${architecture}.tar.gz`,
  ];
  await mkdir(options.folder, { recursive: true });
  const archive = join(options.folder, 'temporal.tar.gz');
  const reasons: string[] = [];
  for (const url of urls) {
    const host = new URL(url).host;
    options.onProgress(`Downloading the Temporal CLI ${cliVersion} from ${host}.`);
    try {
      await fetchToFile(url, archive, options);
      const unpacked = await options.run('tar', ['-xzf', archive, '-C', options.folder, 'temporal'], {
        signal: options.signal,
      });
      if (!unpacked.ok)
        throw new Error(`the archive could not be unpacked: ${lastLines(unpacked.output, 2)}`);
      return { path: join(options.folder, 'temporal'), version: cliVersion };
    } catch (error) {
      options.signal?.throwIfAborted();
      reasons.push(`${host}: ${downloadReason(error)}`);
      options.onProgress(`No download from ${host} (${downloadReason(error)}).`);
    }
  }
  return { failed: reasons.join('; ') };
}

async function fetchToFile(url: string, path: string, options: DownloadOptions): Promise<void> {
  const giveUp = new AbortController();
  let timer = setTimeout(() => {
    giveUp.abort(new Error(`no answer within ${connectTimeoutMs / 1000} s`));
  }, connectTimeoutMs);
  const restartTimer = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      giveUp.abort(new Error(`the download stalled for ${stallTimeoutMs / 1000} s`));
    }, stallTimeoutMs);
  };
  try {
    const signal = options.signal ? AbortSignal.any([options.signal, giveUp.signal]) : giveUp.signal;
    const response = await options.fetch(url, { signal, redirect: 'follow' });
    if (!response.ok || !response.body) throw new Error(`it answered with status ${response.status}`);
    restartTimer();
    const total = Number(response.headers.get('content-length') ?? 0);
    let received = 0;
    let lastLineAt = Date.now();
    const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
      for await (const chunk of chunks) {
        restartTimer();
        received += chunk.length;
        if (Date.now() - lastLineAt >= progressEveryMs) {
          lastLineAt = Date.now();
          options.onProgress(
            `Downloading: ${megabytes(received)}${total > 0 ? ` of ${megabytes(total)}` : ''}.`,
          );
        }
        yield chunk;
      }
    };
    await pipeline(Readable.fromWeb(response.body), count, createWriteStream(path), { signal });
  } finally {
    clearTimeout(timer);
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function downloadReason(error: unknown): string {
  return describeError(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
