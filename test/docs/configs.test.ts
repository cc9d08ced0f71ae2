import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.js';
import { codeBlocks, readDocuments } from './documents.js';

const documents = await readDocuments();
const blocks = [...documents].flatMap(([file, text]) =>
  codeBlocks(text, 'yaml').map((block, index) => ({ name: `${file}, block ${String(index + 1)}`, block })),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-docs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the configs in the documents', () => {
  it('are found at all', () => {
    expect(blocks.length).toBeGreaterThan(5);
  });

  it.each(blocks)('$name can be used', async ({ block }) => {
    const file = path.join(folder, 'holdfast.yaml');
    await writeFile(file, block);
    await expect(loadConfig({ file, env: {}, directory: folder })).resolves.toHaveProperty('hash');
  });
});
