import type { Ports } from './ports.js';

/** Measured reasons are in docs/engine.md; the same keys belong into any server that Holdfast uses. */
export const tunedDynamicConfig: Record<string, number | boolean | string> = {
  // 20 per shard by default: with one shard every step of a workflow waits 50 ms.
  'history.transferProcessorMaxPollRPS': 5000,
  'history.timerProcessorMaxPollRPS': 5000,
  // Off by default: lets an activity start in the worker that completed the workflow task.
  'system.enableActivityEagerExecution': true,
  // 1 s by default: timers and retries round up to it, a 10 ms timer takes a second.
  'history.timerProcessorMaxTimeShift': '1ms',
};

export interface ServerFlags {
  ports: Ports;
  /** File name in the server's working folder; undefined keeps everything in memory. */
  databaseFile: string | undefined;
  namespace: string;
  searchAttributes: Record<string, string>;
}

/** Arguments for `temporal`. Loopback only: the development server checks nobody. */
export function serverArguments(flags: ServerFlags): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1'],
    ...['--port', String(flags.ports.grpc), '--ui-port', String(flags.ports.ui)],
    ...['--log-level', 'error', '--color', 'never'],
    ...(flags.databaseFile === undefined ? [] : ['--db-filename', flags.databaseFile]),
    ...(flags.namespace === 'default' ? [] : ['--namespace', flags.namespace]),
    ...Object.entries(flags.searchAttributes).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type}`,
    ]),
    ...Object.entries(tunedDynamicConfig).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}
