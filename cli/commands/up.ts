import { Argument, Command } from 'commander';
import { Holdfast } from '../../client/index.js';
import { searchAttributeTypes } from '../../contracts/search-attributes.js';
import type { RunningGateway } from '../../gateway/start-gateway.js';
import { signalServer, startEngine, workflowUrl, type Engine } from '../../engine/index.js';
import { createLogger } from '../../worker/logger.js';
import { chooseProviders, type ChosenProviders } from '../choose-providers.js';
import { clientAddress } from '../client-address.js';
import type { CommandContext } from '../command-context.js';
import { interruptedAtStart } from '../command-error.js';
import { configOption, hostOption, jsonOption, portOption, taskQueueOption } from '../common-options.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { printCompletion, watchCompletion } from '../first-completion.js';
import { logLevel } from '../log-level.js';
import { parseName } from '../option-values.js';
import { readPrompt } from '../read-prompt.js';
import { reportError } from '../report-error.js';
import type { Act } from '../run-command.js';
import { drain, endingError, untilEnding, watchEngine, type Ending, type Serving } from '../serving.js';
import { isSimulated } from '../simulated-answer.js';
import { serveGateway, withGateway, type ServeGatewayOptions } from '../serve-gateway.js';
import { startWorker, type RunningWorker, type StartedWorker } from '../start-worker.js';

const defaultPrompt = 'In one sentence: what is durable execution good for?';

export interface UpOptions {
  once?: true;
  json?: true;
  simulate?: true;
  config?: string;
  taskQueue?: string;
  host?: string;
  port?: number;
  gateway?: boolean;
  database?: string;
}

export function upCommand(act: Act): Command {
  return new Command('up')
    .description(
      'start everything here: Temporal, a worker, the gateway and a first completion; stay up until Ctrl-C',
    )
    .addArgument(
      new Argument('[prompt]', 'what to ask first; "-" reads it from stdin').default(defaultPrompt),
    )
    .option('--once', 'end after the first completion')
    .addOption(jsonOption('print the first completion as one JSON object on stdout'))
    .option('--simulate', 'use simulated providers even where keys are set')
    .addOption(configOption())
    .addOption(taskQueueOption())
    .addOption(hostOption())
    .addOption(portOption())
    .option('--no-gateway', 'serve no HTTP')
    .option('--database <file>', 'keep completions in this file, on a Temporal server of its own', parseName)
    .addHelpText('after', '\nExamples:\n  holdfast up\n  holdfast up --once --json "Say hello"')
    .action((prompt: string, options: UpOptions) =>
      act(options, (context) => runUp(prompt, options, context)),
    );
}

/** Engine, worker, first completion; resolves when all of it has ended. */
export async function runUp(prompt: string, options: UpOptions, context: CommandContext): Promise<ExitCode> {
  const { env, err } = context;
  const question = await readPrompt(prompt, context.stdin);
  const logger = createLogger(logLevel(env, 'error'));
  const interrupts = context.listenForInterrupts();
  const providers = await chooseProviders({ file: options.config, simulate: options.simulate ?? false, env });
  const tell = (line: string): void => err.line(err.colors.dim(line));
  try {
    tellSimulation(providers, context);
    context.installLogger(logger);
    const engine = await startEngine({
      env,
      searchAttributes: searchAttributeTypes,
      onProgress: tell,
      signal: interrupts.signal,
      ...(options.database === undefined ? {} : { database: { kind: 'file', path: options.database } }),
    });
    if (options.database !== undefined && engine.source === 'configured') {
      tell(`--database is not used: the Temporal server at ${engine.address} is configured.`);
    }
    interrupts.beforeForcedEnd(() => endServer(engine));
    try {
      if (interrupts.signal.aborted) throw interruptedAtStart();
      const worker = await startWorker(engine, {
        providers,
        logger,
        taskQueue: options.taskQueue,
        program: 'holdfast-up',
        tell,
      });
      const gateway = await gatewayBeside(worker, options, { engine, providers, logger, tell });
      const served = gateway === undefined ? worker : withGateway(worker, gateway);
      return await serve(question, options, {
        context,
        engine,
        worker: served,
        providers,
        interrupts,
        ...(gateway === undefined ? {} : { gatewayUrl: gateway.url }),
      });
    } finally {
      await engine.stop();
      if (engine.startedHere) tell('The Temporal server was stopped.');
    }
  } finally {
    await providers.simulated?.stop();
  }
}

interface Up extends Serving {
  context: CommandContext;
  providers: ChosenProviders;
  gatewayUrl?: string;
}

/** The gateway of `up`; a worker that cannot have one is stopped. Undefined where none is wanted. */
async function gatewayBeside(
  worker: StartedWorker,
  { once, host, port, gateway = true }: UpOptions,
  {
    tell,
    ...process
  }: Pick<ServeGatewayOptions, 'engine' | 'providers' | 'logger'> & { tell: (line: string) => void },
): Promise<RunningGateway | undefined> {
  if (once === true || !gateway) return undefined;
  try {
    const served = await serveGateway({ ...process, worker, host, port, anyPort: port === undefined });
    for (const notice of served.notices) tell(notice);
    return served;
  } catch (error) {
    await worker.stop();
    throw error;
  }
}

async function serve(question: string, options: UpOptions, up: Up): Promise<ExitCode> {
  const { context, engine, worker } = up;
  const ending = untilEnding(up);
  const server = watchEngine(engine, (line) => context.err.line(line));
  let ended: Ending | undefined;
  try {
    ended = await Promise.race([completeFirst(question, options, up), ending]);
    if (options.once && ended === undefined) return exitCodes.answered;
    if (ended === undefined) tellUp(up);
    ended ??= await ending;
    if (ended.why === 'interrupted' && !options.once) return exitCodes.answered;
    throw endingError(ended, engine);
  } finally {
    server.stop();
    await drain(worker, ended, (line) => context.err.line(line));
  }
}

/** The first completion, printed. One that fails is told and no reason to end, unless `--once` wants nothing else. */
async function completeFirst(
  question: string,
  options: UpOptions,
  { context, engine, worker, providers }: Up,
): Promise<undefined> {
  const holdfast = new Holdfast({
    ...clientAddress(engine),
    taskQueue: worker.taskQueue,
    deadlineMs: providers.config.config.deadline,
  });
  try {
    const handle = await holdfast.start({ messages: [{ role: 'user', content: question }] });
    const answered = await watchCompletion(handle, engine, context);
    const simulated = isSimulated(answered.attempts);
    if (simulated && providers.simulated === undefined) tellForeignSimulation(worker, context);
    const result = { ...answered, simulated, url: workflowUrl(engine, handle.id) };
    if (options.json) context.out.line(JSON.stringify(result));
    else
      printCompletion(result, worker, context, {
        engine,
        address: options.database === undefined ? undefined : engine.address,
        stays: !options.once,
      });
  } catch (error) {
    if (options.once) throw error;
    reportError(error, { json: options.json ?? false }, context);
  } finally {
    await holdfast.close();
  }
}

function tellSimulation({ simulated }: ChosenProviders, { err }: CommandContext): void {
  if (simulated === undefined) return;
  const { colors } = err;
  err.line(
    colors.inverse(colors.bold(' SIMULATED PROVIDERS: no model is called, and the answers are not real. ')),
  );
  for (const reason of simulated.because) err.line(`  - ${reason}`);
  if (simulated.failingModel !== undefined) {
    err.line(`  - ${simulated.failingModel} fails on purpose (HTTP 503), to show retries and a fallback.`);
  }
}

/** Real providers were to answer, but a simulating `holdfast up` took the work. */
function tellForeignSimulation({ taskQueue }: RunningWorker, { err }: CommandContext): void {
  err.line(
    `${err.colors.yellow('warning:')} this answer is simulated: a "holdfast up" with simulated providers also works on task queue "${taskQueue}". End it, or use another --task-queue.`,
  );
}

function tellUp({ context: { err }, engine, worker, providers, gatewayUrl }: Up): void {
  const simulated = providers.simulated === undefined ? '' : 'simulated providers, ';
  err.line();
  if (gatewayUrl !== undefined) {
    err.line(`Gateway for OpenAI clients: base URL ${gatewayUrl}/v1, for Anthropic clients: ${gatewayUrl}`);
  }
  err.line(
    `Up: ${simulated}worker on task queue "${worker.taskQueue}", Temporal at ${engine.address}. Ctrl-C ends it.`,
  );
}

/** For an end without waiting: the server would outlive this process otherwise. */
function endServer({ startedHere, pid }: Engine): void {
  if (startedHere && pid !== undefined) signalServer(pid, 'SIGTERM');
}
