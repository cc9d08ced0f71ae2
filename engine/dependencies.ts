import { standardPorts, type Ports } from './ports.js';
import { runCommand, type RunCommand } from './run-command.js';

/** What the engine needs from outside, so that tests can take it away. */
export interface EngineDependencies {
  fetch: typeof globalThis.fetch;
  /** Runs `temporal --version`, `go` and `tar`. */
  run: RunCommand;
  /** Where a running server is looked for, and ours is started when they are free. */
  ports: Ports;
}

export function realDependencies(): EngineDependencies {
  return { fetch: globalThis.fetch, run: runCommand, ports: standardPorts };
}
