import { Command } from 'commander';
import { loadConfig, type ConfigSource } from '../../config/load.js';
import { findEngine } from '../../engine/index.js';
import { createLogger } from '../../worker/logger.js';
import type { CommandContext } from '../command-context.js';
import { configOption, hostOption, portOption, taskQueueOption } from '../common-options.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { logLevel } from '../log-level.js';
import { requireUsableProvider } from '../missing-keys.js';
import type { Act } from '../run-command.js';
import { serveGateway, withGateway } from '../serve-gateway.js';
import { drain, endingError, originOf, untilEnding, watchEngine } from '../serving.js';
import { startWorker } from '../start-worker.js';

export interface GatewayCommandOptions {
  config?: string;
  taskQueue?: string;
  host?: string;
  port?: number;
}

export function gatewayCommand(act: Act): Command {
  return new Command('gateway')
    .description(
      'serve completions to OpenAI and Anthropic clients over HTTP, beside separate workers, until SIGTERM',
    )
    .addOption(configOption())
    .addOption(taskQueueOption())
    .addOption(hostOption())
    .addOption(portOption())
    .addHelpText(
      'after',
      '\nExample:\n  TEMPORAL_ADDRESS=temporal.internal:7233 holdfast gateway --config /etc/holdfast.yaml',
    )
    .action((options: GatewayCommandOptions) => act({}, (context) => runGatewayCommand(options, context)));
}

/** Serves until a signal: then new requests are turned away, and running ones end first. */
export async function runGatewayCommand(
  options: GatewayCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { env } = context;
  const logger = createLogger(logLevel(env, 'info'));
  const source: ConfigSource = { file: options.config, env, shipped: 'current' };
  const config = await loadConfig(source);
  await requireUsableProvider(config, env);
  const interrupts = context.listenForInterrupts({ hangUpEnds: false });
  const engine = await findEngine({ env });
  context.installLogger(logger);
  const providers = { config, env, source };
  const worker = await startWorker(engine, {
    providers,
    logger,
    taskQueue: options.taskQueue,
    program: 'holdfast-gateway',
    callsModels: false,
    tell: (line) => logger.warn(line),
  });
  const { address, namespace } = engine;
  const { host, port } = options;
  const gateway = await serveGateway({ engine, worker, providers, logger, host, port }).catch(
    async (error: unknown) => {
      await worker.stop();
      throw error;
    },
  );
  for (const notice of gateway.notices) logger.warn(notice);
  logger.info(
    {
      url: gateway.url,
      address,
      namespace,
      temporal: originOf(engine),
      taskQueue: worker.taskQueue,
      configHash: config.hash,
    },
    'gateway is running',
  );
  const server = watchEngine(engine, (line) => logger.warn(line));
  const served = withGateway(worker, gateway);
  const ending = await untilEnding({ engine, worker: served, interrupts });
  server.stop();
  await drain(served, ending, (line) => logger.info(line));
  if (ending.why !== 'interrupted') throw endingError(ending, engine);
  logger.info('gateway has ended');
  return exitCodes.answered;
}
