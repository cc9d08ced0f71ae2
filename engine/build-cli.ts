import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildModule, planBuild } from './build-plan.js';
import type { Obtained } from './download-cli.js';
import { lastLines, type RunCommand } from './run-command.js';

const cliPackage = 'github.com/temporalio/cli/cmd/temporal';

/** Milliseconds between two signs of life: often at first, then less so. */
const firstPauseMs = 30_000;
const laterPauseMs = 60_000;
const laterFromMs = 3 * 60_000;

export interface BuildOptions {
  /** An empty folder of ours; the binary ends up in it. */
  folder: string;
  /** Where Go's output goes; only that of a build that failed is kept. */
  logPath: string;
  env: NodeJS.ProcessEnv;
  run: RunCommand;
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** Builds the CLI with the Go of this machine. Says why when that fails. */
export async function buildCli(options: BuildOptions): Promise<Obtained> {
  const { folder, logPath, signal } = options;
  // GOWORK, GOOS and GOARCH of the user's own projects would change what is built.
  const env = { ...options.env, CGO_ENABLED: '0', GOWORK: 'off', GOOS: undefined, GOARCH: undefined };
  await mkdir(folder, { recursive: true });

  const go = await options.run('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], { cwd: folder, env, signal });
  if (!go.ok) return { failed: `Go is not usable here (${lastLines(go.output, 1)})` };
  const [goVersion = '', toolchain = ''] = go.output.split('\n').map((line) => line.trim());
  const plan = planBuild(goVersion, toolchain);
  if (plan.kind === 'none') return { failed: plan.reason };

  const binary = join(folder, 'temporal');
  const linkerFlags = `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${plan.version}`;
  const steps: { args: string[]; env?: Record<string, string> }[] =
    plan.kind === 'module'
      ? [
          { args: ['get', `${cliPackage}@v${plan.version}`] },
          { args: ['build', `-ldflags=${linkerFlags}`, '-o', binary, '-v', cliPackage] },
        ]
      : [
          {
            args: ['install', `-ldflags=${linkerFlags}`, '-v', `${cliPackage}@v${plan.version}`],
            env: { GOBIN: folder },
          },
        ];
  if (plan.kind === 'module') await writeFile(join(folder, 'go.mod'), buildModule);

  options.onProgress(
    `Building the Temporal CLI ${plan.version} with ${goVersion}: 3 to 6 minutes on two free cores, longer on a busy machine; once only. Its log is ${logPath}.` +
      (plan.kind === 'module' && plan.note !== undefined ? ` (${plan.note}.)` : ''),
  );
  const startedAt = Date.now();
  const stopTelling = tellElapsed(startedAt, options.onProgress);
  let failed = false;
  try {
    await rm(logPath, { force: true });
    for (const step of steps) {
      const result = await options.run('go', step.args, {
        cwd: folder,
        env: { ...env, ...step.env },
        signal,
        logPath,
      });
      signal?.throwIfAborted();
      if (!result.ok) {
        failed = true;
        return {
          failed: `\`go ${step.args[0] ?? ''}\` failed: ${lastLines(result.output, 5)}\n  The whole output is in ${logPath}.`,
        };
      }
    }
  } finally {
    stopTelling();
    if (!failed) await rm(logPath, { force: true });
  }
  options.onProgress(`Built the Temporal CLI in ${elapsed(startedAt)}.`);
  return { path: binary, version: plan.version };
}

/** Returns what ends it. */
function tellElapsed(startedAt: number, onProgress: (line: string) => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const pauseMs = Date.now() - startedAt < laterFromMs ? firstPauseMs : laterPauseMs;
    timer = setTimeout(() => {
      onProgress(`Still building the Temporal CLI (${elapsed(startedAt)}).`);
      wait();
    }, pauseMs);
  };
  wait();
  return () => clearTimeout(timer);
}

function elapsed(since: number): string {
  const seconds = Math.round((Date.now() - since) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
