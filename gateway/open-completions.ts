import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { createResolveRoute, type ActivityDependencies } from '../activities/index.js';
import { CompletionStarter } from '../client/completion-starter.js';
import { defaultLingerMs } from '../client/completion-run.js';
import { EngineConnection } from '../client/engine-connection.js';
import { ConnectedCompletions } from './connected-completions.js';
import type { EngineWatch } from './engine-watch.js';

export interface OpenCompletionsOptions {
  /** Shared with the workers of this process, so that workflows begin here without a round trip. */
  connection: NativeConnection;
  address: string;
  namespace: string;
  taskQueue: string;
  processQueue: string;
  dependencies: ActivityDependencies;
  searchAttributes: boolean;
  /** Whether Temporal can be reached at all. */
  watch: Pick<EngineWatch, 'down' | 'noteFailure' | 'noteSuccess'>;
  overlapped: () => boolean;
  warn: (message: string, detail: string) => void;
  mostOpen?: number;
}

/** Temporal must say within this time that it took a completion; milliseconds. */
const startTimeoutMs = 5_000;

/** Completions over the connection of this process's workers. */
export function openCompletions(options: OpenCompletionsOptions): ConnectedCompletions {
  const { connection, address, namespace, taskQueue, dependencies, searchAttributes } = options;
  const client = new Client({ connection, namespace });
  const engine = new EngineConnection({ address, namespace, callTimeoutMs: startTimeoutMs }, client);
  const starter = new CompletionStarter(engine, {
    taskQueue,
    lingerMs: defaultLingerMs,
    startPatienceMs: 0,
    searchAttributes,
    eagerly: true,
  });
  const resolveRoute = createResolveRoute(dependencies);
  return new ConnectedCompletions({ ...options, engine, starter, resolveRoute });
}
