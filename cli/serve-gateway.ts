import type { Logger } from 'pino';
import { Holdfast } from '../client/index.js';
import type { Engine } from '../engine/index.js';
import { startGateway, type RunningGateway } from '../gateway/start-gateway.js';
import { shutdownGraceMs } from '../worker/create-worker.js';
import type { ChosenProviders } from './choose-providers.js';
import { clientAddress } from './client-address.js';
import { CommandError } from './command-error.js';
import { exitCodes } from './exit-codes.js';
import { openAccess } from './gateway-access.js';
import type { RunningWorker, StartedWorker } from './start-worker.js';

/** A gateway of this process, and what has to be said of it. */
export interface ServedGateway extends RunningGateway {
  notices: string[];
}

export interface ServeGatewayOptions {
  engine: Engine;
  worker: StartedWorker;
  providers: ChosenProviders;
  logger: Logger;
  host?: string | undefined;
  port?: number | undefined;
  /** Another port is taken where the wished one is in use. */
  anyPort?: boolean;
}

/** Serves the gateway beside a worker. @throws CommandError when it may not, or cannot, listen there */
export async function serveGateway(options: ServeGatewayOptions): Promise<ServedGateway> {
  const { engine, worker, providers, logger, anyPort = false } = options;
  const { connection, dependencies, taskQueue } = worker;
  const config = () => dependencies.setup().config;
  const { gateway } = config();
  const host = options.host ?? gateway.host;
  const port = options.port ?? gateway.port;
  const opened = await openAccess(providers.config, host, logger);
  const holdfast = new Holdfast({
    ...clientAddress(engine),
    taskQueue,
    deadlineMs: providers.config.config.deadline,
  });
  const start = (wished: number): Promise<RunningGateway> =>
    startGateway({
      connection,
      engine: { ...clientAddress(engine), address: engine.address, namespace: engine.namespace },
      taskQueue,
      dependencies,
      holdfast,
      config,
      ...(opened.access === undefined ? {} : { access: opened.access }),
      host,
      port: wished,
      drainMs: shutdownGraceMs(providers.config),
      logger,
    });
  const notices = 'notice' in opened ? [opened.notice] : [];
  const release = async (): Promise<void> => {
    opened.close();
    await holdfast.close();
  };
  try {
    const running = await start(port).catch((error: unknown) => {
      if (!anyPort || codeOf(error) !== 'EADDRINUSE') throw cannotListen(error, host, port);
      notices.push(`Port ${String(port)} is in use; the gateway takes another one.`);
      return start(0);
    });
    const stop = async (): Promise<void> => {
      await running.stop();
      await release();
    };
    return { ...running, notices, stop };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Both as one: the gateway ends first, since the worker carries its workflows. */
export function withGateway(worker: RunningWorker, gateway: RunningGateway): RunningWorker {
  return {
    taskQueue: worker.taskQueue,
    inFlight: () => Math.max(worker.inFlight(), gateway.inFlight()),
    ended: Promise.race([worker.ended, gateway.ended]),
    stop: async () => {
      await gateway.stop();
      await worker.stop();
    },
  };
}

function cannotListen(error: unknown, host: string, port: number): Error {
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  return new CommandError(
    'cannot_listen',
    exitCodes.invalid,
    `The gateway cannot listen on ${host}:${String(port)} (${code}).`,
    [
      code === 'EADDRINUSE'
        ? 'Another program does; end it, or use another one: --port 8789'
        : 'Set another address: --host 127.0.0.1 --port 8788',
    ],
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
