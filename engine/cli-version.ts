import type { RunCommand } from './run-command.js';
import { lastLines } from './run-command.js';

/** The release that is downloaded or built. Its server is 1.31.2. */
export const cliVersion = '1.8.2';

/** What an older Go can still build (Go 1.25). Its server is 1.29.1. */
export const olderCliVersion = '1.5.1';

/** Oldest server that Holdfast is tested with. */
const oldestServer = [1, 29] as const;

const versionTimeoutMs = 20_000;

export type CliCheck = { usable: true; version: string } | { usable: false; reason: string };

/**
 * Runs `temporal --version`: tells a whole binary for this machine from a truncated, foreign or other one.
 * @param anyVersion also accept a server older than those tested, for a binary the user named
 */
export async function checkCli(
  path: string,
  run: RunCommand,
  options: { signal?: AbortSignal | undefined; anyVersion?: boolean } = {},
): Promise<CliCheck> {
  const result = await run(path, ['--version'], { signal: options.signal, timeoutMs: versionTimeoutMs });
  // A build from source calls itself 0.0.0-DEV; the server's version is always right.
  const match = /temporal version (\S+) \(Server ((\d+)\.(\d+)[^\s,)]*)/.exec(result.output);
  if (!result.ok || !match) {
    return { usable: false, reason: `\`${path} --version\` failed: ${lastLines(result.output, 2)}` };
  }
  const major = Number(match[3]);
  const minor = Number(match[4]);
  const tooOld = major < oldestServer[0] || (major === oldestServer[0] && minor < oldestServer[1]);
  if (tooOld && options.anyVersion !== true) {
    return {
      usable: false,
      reason: `${path} brings server ${major}.${minor}; at least ${oldestServer.join('.')} is needed`,
    };
  }
  return { usable: true, version: `${match[1] ?? ''}, server ${match[2] ?? ''}` };
}
