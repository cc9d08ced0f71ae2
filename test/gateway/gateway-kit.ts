import { Attendances } from '../../activities/index.js';
import { createGateway, type GatewayOptions } from '../../gateway/app.js';
import { openCompletions } from '../../gateway/open-completions.js';
import { startServer } from '../../gateway/server.js';
import { createMetrics } from '../../telemetry/metrics.js';
import { createConnectedWorker } from '../../worker/connected-worker.js';
import { startCompletionKit, type CompletionKit, type KitOptions } from '../support/completion-kit.js';

export interface GatewayKitOptions extends KitOptions {
  /** Whether provider calls begin while Temporal records the start; default true. */
  overlapped?: boolean;
  /** Workflows, and calls that the gateway does not take, are another process's. */
  apart?: boolean;
  /** Whether anybody polls the gateway's own queue; default true. */
  polls?: boolean;
  /** Completions that may be open at a time. */
  mostOpen?: number;
  /** Queue that workflows are started on; default: that of the kit's worker. */
  workflowQueue?: string;
}

/** A gateway on a port of its own, in front of a worker and a fake provider. */
export interface GatewayKit extends AsyncDisposable {
  kit: CompletionKit;
  /** Origin of the gateway. */
  url: string;
  /** What the gateway is made of. */
  options: GatewayOptions;
  warnings: string[];
}

export async function startGatewayKit({
  overlapped = true,
  apart = false,
  polls = true,
  mostOpen,
  workflowQueue,
  ...options
}: GatewayKitOptions = {}): Promise<GatewayKit> {
  const attendances = new Attendances();
  const kit = await startCompletionKit({ ...options, attendances });
  const { taskQueue, config } = kit;
  const { connection, namespace } = kit.first();
  const dependencies = apart
    ? { ...kit.first().dependencies, attendances: new Attendances() }
    : kit.first().dependencies;
  const warnings: string[] = [];
  const warn = (message: string, detail: string): void => void warnings.push(`${message}: ${detail}`);
  const connected = polls
    ? await createConnectedWorker({ connection, namespace, taskQueue, dependencies, shutdownGraceMs: 1_000 })
    : undefined;
  const running = connected?.worker.run();
  const completions = openCompletions({
    connection,
    address: 'the test server',
    namespace,
    taskQueue: workflowQueue ?? taskQueue,
    processQueue: connected?.processQueue ?? `${taskQueue}/nobody`,
    dependencies,
    searchAttributes: options.searchAttributes ?? true,
    watch: { down: () => undefined, noteFailure: () => undefined, noteSuccess: () => undefined },
    overlapped: () => overlapped,
    warn,
    ...(mostOpen === undefined ? {} : { mostOpen }),
  });
  const gateway: GatewayOptions = {
    completions,
    holdfast: kit.holdfast,
    config: () => config.config,
    warn,
    metrics: createMetrics({ known: () => config.config }),
    notReady: () => Promise.resolve(undefined),
    engineDown: () => false,
    draining: () => false,
  };
  const server = await startServer({ fetch: createGateway(gateway).fetch, port: 0 });
  return {
    kit,
    url: server.url,
    options: gateway,
    warnings,
    [Symbol.asyncDispose]: async () => {
      await server.stop(1_000);
      connected?.worker.shutdown();
      await running;
      await kit.stop();
    },
  };
}
