import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a shell script, and the folders above it. */
export async function writeScript(path: string, lines: string[]): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
  return path;
}

/** The line that `temporal --version` prints. */
export function versionLine(server: string): string {
  return `temporal version 9.9.9 (Server ${server}, UI 2.50.1)`;
}

/** A `temporal` that knows nothing but its version. */
export function writeFakeCli(path: string, server = '1.31.2'): Promise<string> {
  return writeScript(path, [`echo '${versionLine(server)}'`]);
}

/**
 * A `go` that "builds" a script instead, and writes each call into a journal.
 * @param built what the built binary prints
 */
export function writeFakeGo(
  path: string,
  options: { journal: string; version?: string; built?: string },
): Promise<string> {
  const built = options.built ?? versionLine('1.31.2');
  const write = (target: string): string =>
    `printf '#!/bin/sh\\necho "${built}"\\n' > "${target}" && chmod +x "${target}"`;
  return writeScript(path, [
    `echo "$@" >> '${options.journal}'`,
    'case "$1" in',
    `  env) echo ${options.version ?? 'go1.26.4'}; echo local ;;`,
    '  get) ;;',
    // go build -ldflags=... -o FILE PACKAGE
    `  build) ${write('$4')} ;;`,
    `  install) ${write('$GOBIN/temporal')} ;;`,
    '  *) exit 2 ;;',
    'esac',
  ]);
}
