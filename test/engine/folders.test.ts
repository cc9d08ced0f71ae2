import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureFolder } from '../../engine/folders.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-folders-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('makes the folders above it, for this user alone, and is content with one that is there', async () => {
  const path = join(folder, 'a', 'b', 'c');
  await ensureFolder(path);
  await ensureFolder(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test('a file in the way is told in words', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(ensureFolder(join(folder, 'file', 'cache'))).rejects.toMatchObject({
    kind: 'folder',
    message: `Holdfast cannot write to its folder ${folder}/file/cache: a part of the path is a file, not a folder.`,
  });
  await expect(ensureFolder(join(folder, 'file'))).rejects.toMatchObject({ kind: 'folder' });
});

// Node's recursive mkdir never ends there, as of Node 20.20.
test.runIf(process.platform === 'linux')(
  'a place where nothing can be made is told, not waited for',
  async () => {
    await expect(ensureFolder('/proc/holdfast/cache')).rejects.toMatchObject({
      kind: 'folder',
      message: expect.stringMatching(
        /^Holdfast cannot write to its folder .*: no folder can be made in that place\.$/,
      ) as string,
    });
  },
);
