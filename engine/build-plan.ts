import { cliVersion, olderCliVersion } from './cli-version.js';

/** Go release that the current CLI asks for, and the one the older CLI asks for. */
const goForCurrent = '1.26.4';
const goForOlder = '1.25.0';
/** Since this release Go can fetch a newer toolchain by itself, unless GOTOOLCHAIN says local. */
const goWithToolchains = '1.21.0';

export type BuildPlan =
  | { kind: 'module'; version: string; note?: string }
  | { kind: 'install'; version: string }
  | { kind: 'none'; reason: string };

/**
 * What can be built with a Go of this version.
 * @param goVersion as `go env GOVERSION` says it: `go1.26.4`, perhaps with a suffix
 * @param toolchain as `go env GOTOOLCHAIN` says it
 */
export function planBuild(goVersion: string, toolchain: string): BuildPlan {
  if (isAtLeast(goVersion, goForCurrent)) return { kind: 'module', version: cliVersion };
  if (isAtLeast(goVersion, goForOlder)) return { kind: 'install', version: olderCliVersion };
  if (isAtLeast(goVersion, goWithToolchains) && !toolchain.startsWith('local')) {
    return { kind: 'module', version: cliVersion, note: `Go fetches its own release ${goForCurrent} first` };
  }
  return {
    kind: 'none',
    reason: `${goVersion} is too old: Go ${goForOlder} builds it, Go ${goForCurrent} builds the current release`,
  };
}

function isAtLeast(goVersion: string, wanted: string): boolean {
  const have = numbers(goVersion);
  const need = numbers(wanted);
  for (const [index, part] of need.entries()) {
    const own = have[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

function numbers(version: string): number[] {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number);
}

/** The CLI keeps a part of itself in a second module that it replaces by a folder, so a module that uses it must name where. */
export const buildModule = `module holdfast.local/temporal-cli

go ${goForCurrent}

replace github.com/temporalio/cli/cliext => github.com/temporalio/cli/cliext v0.0.0-20260731000218-c579925f193f
`;
