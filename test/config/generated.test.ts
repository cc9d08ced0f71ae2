import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { generated } from '../../config/generate.js';
import { configJsonSchema, keysAt } from '../../config/json-schema.js';

it.each(generated)('$file is what the schema says; else: npm run generate', async ({ file, content }) => {
  expect(await readFile(file, 'utf8')).toBe(content());
});

it('the JSON Schema takes partial files and describes every key', () => {
  const schema = configJsonSchema();
  expect(schema).not.toHaveProperty('required');
  const undescribed = Object.entries(schema.properties ?? {}).filter(([, { description }]) => !description);
  expect(undescribed).toEqual([]);
});

it('knows the keys of every place', () => {
  expect(keysAt([])).toContain('retry');
  expect(keysAt(['models', 'any', 'price'])).toEqual(
    expect.arrayContaining(['input', 'output', 'cachedInput', 'longPrompts']),
  );
  expect(keysAt(['hooks', 'beforeAttempt', 0])).toEqual(['module', 'export', 'timeout', 'required']);
});
