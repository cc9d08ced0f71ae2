import { copyFile, writeFile } from 'node:fs/promises';
import { builtBundle, bundleWorkflows } from './workflow-bundle.js';

// The last step of `npm run build`: what tsc does not make.
const { code } = await bundleWorkflows();
await writeFile(builtBundle, code);
await copyFile(
  new URL('../../config/default.yaml', import.meta.url),
  new URL('../config/default.yaml', import.meta.url),
);
