import { randomUUID } from 'node:crypto';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { Client, Connection } from '@temporalio/client';
import { pino, type Logger } from 'pino';
import { inject } from 'vitest';
import { Holdfast, type HoldfastOptions } from '../../client/index.js';
import { hashOf, parseConfig, type LoadedConfig } from '../../config/load.js';
import { createWorker } from '../../worker/create-worker.js';
import { startFakeProvider, type FakeProvider } from './fake-provider.js';

/** The key that every test worker uses; no dump, log or error may contain it. */
export const testKey = 'sk-holdfast-test-0123456789abcdef';
export const testEnv = { TEST_KEY: testKey, TEST_KEY_2: `${testKey}-second` };

/** Times short enough for a suite; each test states those that it is about. */
const quickRetry = {
  maxAttempts: 3,
  baseDelay: 5,
  maxDelay: 20,
  attemptTimeout: 10_000,
  maxWaitBeforeFallback: 1_000,
  heartbeatTimeout: 2_000,
  heartbeatInterval: 200,
};

export interface KitOptions {
  retry?: Partial<Record<keyof typeof quickRetry, number>>;
  keys?: string[];
  env?: NodeJS.ProcessEnv;
  logger?: Logger;
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
  addWorker(): Promise<Worker>;
  stop(): Promise<void>;
}

/** Models of the test config: two in the OpenAI format, two in the Anthropic format, of different sizes. */
export function testConfig(
  provider: Pick<FakeProvider, 'openaiUrl' | 'anthropicUrl'>,
  options: KitOptions = {},
): LoadedConfig {
  const keys = options.keys ?? ['env:TEST_KEY'];
  const config = parseConfig(
    {
      providers: {
        openai: { kind: 'openai', baseUrl: provider.openaiUrl, keys },
        anthropic: { kind: 'anthropic', baseUrl: provider.anthropicUrl, keys },
      },
      models: {
        'gpt-4': { provider: 'openai', contextWindow: 8_192, price: { input: 30, output: 60 } },
        'gpt-3.5-turbo': { provider: 'openai', contextWindow: 4_096, price: { input: 0.5, output: 1.5 } },
        'claude-3-opus-20240229': {
          provider: 'anthropic',
          contextWindow: 200_000,
          price: { input: 15, output: 75 },
        },
        'claude-3-haiku-20240307': {
          provider: 'anthropic',
          contextWindow: 200_000,
          price: { input: 0.25, output: 1.25 },
        },
      },
      chains: {
        default: ['gpt-4', 'claude-3-opus-20240229'],
        long: ['gpt-4', 'gpt-3.5-turbo', 'claude-3-haiku-20240307'],
      },
      strategies: { coding: ['claude-3-opus-20240229', 'gpt-4'] },
      retry: { ...quickRetry, ...options.retry },
    },
    'the test config',
  );
  return { config, hash: hashOf(config) };
}

export async function startCompletionKit(options: KitOptions = {}): Promise<CompletionKit> {
  const { address, namespace } = inject('temporal');
  const taskQueue = `test-${randomUUID()}`;
  const provider = await startFakeProvider();
  const config = testConfig(provider, options);
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const holdfast = new Holdfast({ address, namespace, taskQueue, ...options.client });
  const running: { worker: Worker; run: Promise<void> }[] = [];

  const kit: CompletionKit = {
    provider,
    holdfast,
    temporal: new Client({ connection, namespace }),
    taskQueue,
    config,
    addWorker: async () => {
      const worker = await createWorker({
        connection: native,
        namespace,
        taskQueue,
        config,
        logger: options.logger ?? pino({ level: 'silent' }),
        searchAttributes: options.searchAttributes ?? true,
        env: options.env ?? testEnv,
        bundle: { codePath: inject('bundlePath') },
        shutdownGraceMs: 1_000,
      });
      running.push({ worker, run: worker.run() });
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
