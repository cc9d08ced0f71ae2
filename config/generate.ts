import { writeFile } from 'node:fs/promises';
import { configJsonSchema } from './json-schema.js';
import { configReference } from './reference.js';

/** What is made from the schema of the config by `npm run generate`, and where; a test fails where it is out of date. */
export const generated = [
  {
    file: new URL('holdfast.schema.json', import.meta.url),
    content: () => `${JSON.stringify({ $id: 'holdfast.schema.json', ...configJsonSchema() }, null, 2)}\n`,
  },
  { file: new URL('../docs/config-reference.md', import.meta.url), content: configReference },
];

if (process.argv[2] === '--write') {
  for (const { file, content } of generated) await writeFile(file, content());
}
