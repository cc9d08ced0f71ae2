import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { Attendances } from '../../activities/index.js';
import { Holdfast } from '../../client/index.js';
import { startGateway } from '../../gateway/start-gateway.js';
import { createWorker } from '../../worker/create-worker.js';
import { createLogger } from '../../worker/logger.js';
import { testConfig, type ConfigOptions } from './test-config.js';

/** What a test hands to a gateway process, as JSON in its first argument. */
export interface GatewayProcessInput {
  address: string;
  namespace: string;
  taskQueue: string;
  bundlePath: string;
  provider: { openaiUrl: string; anthropicUrl: string };
  retry: NonNullable<ConfigOptions['retry']>;
  policy: NonNullable<ConfigOptions['policy']>;
  /** Whether its worker on the shared queue calls models, as that of `holdfast up` does; that of `holdfast gateway` does not. */
  callsModels: boolean;
  drainMs: number;
}

// A gateway in an operating system process of its own, for tests that end it with a signal or cut its way to Temporal.
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const input = JSON.parse(process.argv[2] ?? '') as GatewayProcessInput;
const { address, namespace, taskQueue, retry, policy, drainMs } = input;
const loaded = testConfig(input.provider, { retry, policy });
const logger = createLogger('error');
const connection = await NativeConnection.connect({ address });
const { worker, dependencies, run } = await createWorker({
  connection,
  namespace,
  taskQueue,
  config: loaded,
  logger,
  searchAttributes: true,
  attendances: new Attendances(),
  callsModels: input.callsModels,
  bundle: { codePath: input.bundlePath },
  shutdownGraceMs: drainMs,
});
const running = run();
const holdfast = new Holdfast({ address, namespace, taskQueue });
const gateway = await startGateway({
  connection,
  engine: { address, namespace },
  taskQueue,
  dependencies,
  holdfast,
  config: () => loaded.config,
  host: '127.0.0.1',
  port: 0,
  drainMs,
  logger,
});
// A test that fails leaves nothing behind.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1_000).unref();
process.once('SIGTERM', () => {
  void gateway.stop().then(() => worker.shutdown());
});
process.stdout.write(`url ${gateway.url}\nready\n`);
await running;
await holdfast.close();
process.exit(0);
