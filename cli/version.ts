import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The version of this package, from its package.json: beside cli/ in the source, above dist/ when built. */
export function packageVersion(): string {
  const above = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json';
  const content: unknown = JSON.parse(readFileSync(new URL(above, import.meta.url), 'utf8'));
  return z.object({ version: z.string() }).parse(content).version;
}
