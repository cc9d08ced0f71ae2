// `npm start` builds first, but only when something is newer than the last build; plain JavaScript, since it runs before any build.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The last thing that a build writes. */
const lastOutput = path.join(root, 'dist/config/default.yaml');
const unbuilt = new Set(['node_modules', 'dist', 'test', 'bench', 'examples', 'docs']);

/** Milliseconds at which a file changed, 0 where there is none. */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || unbuilt.has(entry.name)) return [];
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sources(file);
    return /\.(ts|json|yaml)$/.test(entry.name) ? [file] : [];
  });
}

function isInstalled(name) {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

const built = changedAt(lastOutput);
if (sources(root).some((file) => changedAt(file) > built)) {
  if (!isInstalled('typescript')) {
    console.error(
      'error: dist/ has to be built, and the packages for that are not installed.\n' +
        '  - Run this first, in the folder of Holdfast: npm ci',
    );
    process.exit(1);
  }
  console.error('Building: the sources are newer than dist/.');
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  process.exit(status ?? 1);
}
