import { randomUUID } from 'node:crypto';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { Client, Connection } from '@temporalio/client';
import { pino, type Logger } from 'pino';
import { inject } from 'vitest';
import type { ActivityDependencies, Attendances } from '../../activities/index.js';
import { Holdfast, type HoldfastOptions } from '../../client/index.js';
import type { LoadedConfig } from '../../config/load.js';
import { isLoopback, parseAddress } from '../../engine/ports.js';
import { createWorker } from '../../worker/create-worker.js';
import { startFakeProvider, type FakeProvider } from './fake-provider.js';
import { testConfig, testEnv, type ConfigOptions } from './test-config.js';

export interface KitOptions extends ConfigOptions {
  env?: NodeJS.ProcessEnv;
  logger?: Logger;
  attendances?: Attendances;
  searchAttributes?: boolean;
  client?: HoldfastOptions;
  /** Workers in this process; 0 when the test brings its own. */
  workers?: number;
}

/** A fake provider, a worker on its own task queue, and a client: everything real but the provider. */
export interface CompletionKit extends AsyncDisposable {
  provider: FakeProvider;
  holdfast: Holdfast;
  /** Temporal's own client, to look at what was recorded. */
  temporal: Client;
  taskQueue: string;
  config: LoadedConfig;
  /** What its first worker works with. */
  first(): { connection: NativeConnection; namespace: string; dependencies: ActivityDependencies };
  addWorker(): Promise<Worker>;
  stop(): Promise<void>;
}

export async function startCompletionKit(options: KitOptions = {}): Promise<CompletionKit> {
  const { address, namespace } = inject('temporal');
  const taskQueue = `test-${randomUUID()}`;
  const provider = await startFakeProvider();
  const config = testConfig(provider, options);
  const native = await NativeConnection.connect({ address });
  const host = parseAddress(address)?.host ?? '';
  // As the client does: gRPC would send even loopback traffic to the proxy that http_proxy names.
  const channelArgs = isLoopback(host) ? { 'grpc.enable_http_proxy': 0 } : {};
  const connection = await Connection.connect({ address, channelArgs });
  const holdfast = new Holdfast({ address, namespace, taskQueue, ...options.client });
  const running: { worker: Worker; run: Promise<void>; dependencies: ActivityDependencies }[] = [];

  const kit: CompletionKit = {
    provider,
    holdfast,
    temporal: new Client({ connection, namespace }),
    taskQueue,
    config,
    first: () => {
      const [worker] = running;
      if (worker === undefined) throw new Error('the kit has no worker');
      return { connection: native, namespace, dependencies: worker.dependencies };
    },
    addWorker: async () => {
      const { worker, run, dependencies } = await createWorker({
        connection: native,
        namespace,
        taskQueue,
        config,
        logger: options.logger ?? pino({ level: 'silent' }),
        searchAttributes: options.searchAttributes ?? true,
        env: options.env ?? testEnv,
        ...(options.attendances === undefined ? {} : { attendances: options.attendances }),
        bundle: { codePath: inject('bundlePath') },
        shutdownGraceMs: 1_000,
      });
      running.push({ worker, run: run(), dependencies });
      return worker;
    },
    stop: async () => {
      for (const { worker } of running) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(running.map(({ run }) => run));
      await holdfast.close();
      await connection.close();
      await native.close();
      await provider.stop();
    },
    [Symbol.asyncDispose]: () => kit.stop(),
  };
  for (let count = 0; count < (options.workers ?? 1); count += 1) await kit.addWorker();
  return kit;
}
