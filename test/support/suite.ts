import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { searchAttributeTypes } from '../../contracts/search-attributes.js';
import { startEngine } from '../../engine/index.js';
import { bundleWorkflows } from '../../worker/workflow-bundle.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The one Temporal server of the suite. */
    temporal: { address: string; namespace: string };
    /** The workflow code, bundled once. */
    bundlePath: string;
  }
}

/** One Temporal server and one workflow bundle for the whole suite; TEMPORAL_ADDRESS runs it against a server of yours. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-suite-'));
  const bundlePath = path.join(folder, 'workflow-bundle.js');
  const own = process.env['TEMPORAL_ADDRESS'] === undefined;
  const [engine, { code }] = await Promise.all([
    startEngine({
      isolated: own,
      database: { kind: 'memory' },
      searchAttributes: searchAttributeTypes,
      onProgress: (line) => console.error(line),
    }),
    bundleWorkflows(),
  ]);
  await writeFile(bundlePath, code);
  project.provide('temporal', { address: engine.address, namespace: engine.namespace });
  project.provide('bundlePath', bundlePath);
  return async () => {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
