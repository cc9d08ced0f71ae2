import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every Markdown file of the project, by its path from the root. */
export async function readDocuments(): Promise<Map<string, string>> {
  const top = (await readdir(root)).filter((name) => name.endsWith('.md'));
  const inDocs = (await readdir(path.join(root, 'docs'), { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name.split(path.sep).join('/')));
  const files = [...top, ...inDocs].sort();
  return new Map(
    await Promise.all(
      files.map(async (file) => [file, await readFile(path.join(root, file), 'utf8')] as const),
    ),
  );
}

const fence = /^[ \t]*(`{3,})([\w-]*)[^\n]*\n([^]*?)^[ \t]*\1[ \t]*$/gm;

/** The text without its blocks of code, where nothing is a heading or a link. */
export function proseOf(markdown: string): string {
  return markdown.replaceAll(fence, '');
}

/** The blocks of code in a language, as they stand. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(fence)]
    .filter((block) => block[2] === language)
    .map((block) => block[3] ?? '');
}

/** Targets of links and images. */
export function linksOf(markdown: string): string[] {
  const prose = proseOf(markdown).replaceAll(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map((link) => link[1] ?? '');
}

/** What GitHub makes of the headings: letters and digits in small, with hyphens; a second one gets a number. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(markdown).matchAll(/^#{1,6} +(.+?)\s*$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${String(count)}`;
    anchors.add(anchor);
  }
  return anchors;
}
