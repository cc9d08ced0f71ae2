import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { downloadCli } from '../../engine/download-cli.js';
import { runCommand } from '../../engine/run-command.js';

afterEach(() => {
  vi.useRealTimers();
});

test('hosts that never answer are given up after seconds, one after the other', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-download-'));
  const asked: string[] = [];
  const silent: typeof fetch = (input, init) => {
    asked.push(new URL(input instanceof Request ? input.url : input).host);
    return new Promise((_, reject) => {
      init?.signal?.addEventListener('abort', () => {
        reject(init.signal?.reason instanceof Error ? init.signal.reason : new Error('aborted'));
      });
    });
  };
  const outcome = downloadCli({ folder, fetch: silent, run: runCommand, onProgress: () => undefined });
  for (const hosts of [1, 2]) {
    await vi.waitUntil(() => asked.length === hosts);
    vi.advanceTimersByTime(10_000);
  }
  expect(await outcome).toEqual({
    failed: 'temporal.download: no answer within 5 s; github.com: no answer within 5 s',
  });
  await rm(folder, { recursive: true });
});

test('a machine without an official archive is told so', async () => {
  const fetchNothing: typeof fetch = () => Promise.reject(new Error('nothing should be fetched'));
  const outcome = await downloadCli({
    folder: '/nowhere',
    fetch: fetchNothing,
    run: runCommand,
    onProgress: () => undefined,
    platform: 'linux',
    architecture: 'riscv64',
  });
  expect(outcome).toEqual({ failed: 'there is no official archive for linux on riscv64' });
});
