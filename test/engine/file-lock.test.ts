import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../engine/file-lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('holders take turns', async () => {
  const path = join(folder, 'lock');
  let inside = 0;
  let most = 0;
  const task = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, {}, task)));
  expect(most).toBe(1);
});

test('the lock of a holder that died is taken over', async () => {
  const path = join(folder, 'lock');
  await mkdir(path);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path, longAgo, longAgo);
  expect(await withLock(path, {}, () => Promise.resolve('mine'))).toBe('mine');
});

test('a task that fails frees the lock', async () => {
  const path = join(folder, 'lock');
  await expect(withLock(path, {}, () => Promise.reject(new Error('task')))).rejects.toThrow('task');
  expect(await withLock(path, {}, () => Promise.resolve('next'))).toBe('next');
});

test('waiting ends with the signal', async () => {
  const path = join(folder, 'lock');
  const abort = new AbortController();
  await withLock(path, {}, async () => {
    const waiting = withLock(path, { signal: abort.signal, onWait: () => abort.abort() }, () =>
      Promise.resolve(),
    );
    await expect(waiting).rejects.toThrow(/abort/);
  });
});
