import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { Holdfast } from '../client/index.js';
import { hashOf, parseConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { startGateway } from '../gateway/start-gateway.js';
import { createWorker } from '../worker/create-worker.js';
import { createLogger } from '../worker/logger.js';
import { answerParent } from './child-process.js';
import type { GatewayFacts, GatewayInput, GatewayState } from './gateway.js';

// What `holdfast up` serves, in front of the mock provider: a worker and the gateway beside it.
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const { address, namespace, taskQueue, bundlePath, providerUrl, policy } = JSON.parse(
  process.argv[2] ?? '',
) as GatewayInput;

const env = { MOCK_KEY: 'sk-mock' };
const config = parseConfig(
  {
    providers: { openai: { kind: 'openai', baseUrl: `${providerUrl}/v1`, keys: ['env:MOCK_KEY'] } },
    models: { 'gpt-4': { provider: 'openai', contextWindow: 8_192, price: { input: 30, output: 60 } } },
    chains: { default: ['gpt-4'] },
    gateway: { port: 0 },
    ...policy,
  },
  'the config of the figures',
);
let inForce: Config = config;
const connection = await NativeConnection.connect({ address });
const logger = createLogger('fatal');
const { worker, run, dependencies } = await createWorker({
  connection,
  namespace,
  taskQueue,
  config: { config, hash: hashOf(config) },
  logger,
  searchAttributes: true,
  bundle: { codePath: bundlePath },
  env,
});
const ended = run();
const holdfast = new Holdfast({ address, namespace, taskQueue });
const gateway = await startGateway({
  connection,
  engine: { address, namespace },
  taskQueue,
  dependencies,
  holdfast,
  config: () => inForce,
  host: '127.0.0.1',
  port: 0,
  drainMs: 1_000,
  logger,
});

process.once('SIGTERM', () => void stop());
async function stop(): Promise<void> {
  await gateway.stop();
  worker.shutdown();
  await ended;
  await holdfast.close();
  await connection.close();
  process.exit(0);
}

function overlapping(overlappedStart: boolean): true {
  inForce = { ...config, gateway: { ...config.gateway, overlappedStart } };
  return true;
}

/** A collection stops everything for a while: not for use in the middle of what is measured. */
function collected(): GatewayState {
  // Twice: what the first collection finalizes only goes with the second one.
  globalThis.gc?.();
  globalThis.gc?.();
  return state();
}

function state(): GatewayState {
  const resources = process.getActiveResourcesInfo();
  const { heapUsed, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    open: gateway.inFlight(),
    attendances: dependencies.attendances.size,
    sockets: resources.filter((name) => name === 'TCPSocketWrap').length,
    timers: resources.filter((name) => name === 'Timeout').length,
    heap: heapUsed,
    rss,
    cpuMs: (user + system) / 1_000,
  };
}

answerParent<GatewayFacts>(gateway.url, {
  state,
  collected,
  overlap: () => overlapping(true),
  ordinary: () => overlapping(false),
});
