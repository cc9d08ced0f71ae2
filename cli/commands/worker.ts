import { Command } from 'commander';
import { loadConfig, type ConfigSource } from '../../config/load.js';
import { findEngine } from '../../engine/index.js';
import { createLogger } from '../../worker/logger.js';
import type { CommandContext } from '../command-context.js';
import { configOption, taskQueueOption } from '../common-options.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { logLevel } from '../log-level.js';
import { requireUsableProvider } from '../missing-keys.js';
import type { Act } from '../run-command.js';
import { drain, endingError, originOf, untilEnding, watchEngine } from '../serving.js';
import { startWorker } from '../start-worker.js';

export interface WorkerCommandOptions {
  config?: string;
  taskQueue?: string;
}

export function workerCommand(act: Act): Command {
  return new Command('worker')
    .description(
      'run a worker against a Temporal server, until SIGTERM; SIGHUP reads the config anew; logs JSON lines on stderr',
    )
    .addOption(configOption())
    .addOption(taskQueueOption())
    .addHelpText(
      'after',
      '\nExample:\n  TEMPORAL_ADDRESS=temporal.internal:7233 holdfast worker --config /etc/holdfast.yaml',
    )
    .action((options: WorkerCommandOptions) => act({}, (context) => runWorkerCommand(options, context)));
}

/** Runs a worker until a signal; running attempts end first. Refuses to start without a provider or a server. */
export async function runWorkerCommand(
  options: WorkerCommandOptions,
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
  const worker = await startWorker(engine, {
    providers: { config, env, source },
    logger,
    taskQueue: options.taskQueue,
    program: 'holdfast-worker',
    tell: (line) => logger.warn(line),
  });
  const { address, namespace } = engine;
  logger.info(
    { address, namespace, temporal: originOf(engine), taskQueue: worker.taskQueue, configHash: config.hash },
    'worker is running',
  );
  const server = watchEngine(engine, (line) => logger.warn(line));
  const ending = await untilEnding({ engine, worker, interrupts });
  server.stop();
  await drain(worker, ending, (line) => logger.info(line));
  if (ending.why !== 'interrupted') throw endingError(ending, engine);
  logger.info('worker has ended');
  return exitCodes.answered;
}
