import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf, readDocuments, root } from './documents.js';

const documents = await readDocuments();

/** What is wrong with a link of a document, or undefined. Addresses elsewhere are not looked at. */
function faultOf(from: string, link: string): string | undefined {
  if (/^[a-z]+:/i.test(link)) return undefined;
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? from : path.posix.join(path.posix.dirname(from), decodeURI(target));
  if (!existsSync(path.join(root, file))) return `${link}: ${file} does not exist`;
  if (anchor === undefined) return undefined;
  const text = documents.get(file);
  if (text === undefined) return `${link}: an anchor in a file that is no document`;
  return anchorsOf(text).has(anchor) ? undefined : `${link}: ${file} has no such heading`;
}

describe('the links of the documents', () => {
  it('are found at all', () => {
    expect(linksOf(documents.get('README.md') ?? '')).toContain('docs/concepts.md');
    expect(faultOf('README.md', 'docs/nowhere.md')).toContain('does not exist');
    expect(faultOf('docs/concepts.md', '#nothing')).toContain('no such heading');
  });

  it.each([...documents])('%s leads to files and headings that are there', (file, text) => {
    const faults = linksOf(text).map((link) => faultOf(file, link));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('reach every document from the README', () => {
    const seen = new Set(['README.md']);
    for (const file of seen) {
      for (const link of linksOf(documents.get(file) ?? '')) {
        const [target = ''] = link.split('#');
        const next = path.posix.join(path.posix.dirname(file), target);
        if (documents.has(next)) seen.add(next);
      }
    }
    expect([...documents.keys()].filter((file) => !seen.has(file))).toEqual([]);
  });
});
