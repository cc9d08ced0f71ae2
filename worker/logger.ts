import { pino, type DestinationStream, type Logger } from 'pino';
import { ApplicationFailure } from '@temporalio/common';
import {
  DefaultLogger,
  type LogEntry,
  type Logger as TemporalLogger,
  type RuntimeOptions,
} from '@temporalio/worker';

/** Anything that could hold a key or a prompt is cut out, wherever a line may carry it. */
const secret = ['apiKey', 'authorization', 'messages', 'request', 'input', 'headers', 'answer'];

/**
 * Structured lines on stderr, one JSON object each; the level comes from HOLDFAST_LOG_LEVEL (default `info`).
 * No prompt or answer text is ever passed to it, and `redact` guards against a slip.
 */
export function createLogger(
  level = process.env['HOLDFAST_LOG_LEVEL'] ?? 'info',
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      name: 'holdfast',
      level,
      redact: { paths: secret.flatMap((name) => [name, `*.${name}`]), censor: '[cut]' },
    },
    destination,
  );
}

/**
 * Temporal's own lines through the same logger, its native core's among them. Errors quote providers, and providers
 * quote prompts: above debug a line names the error by its class and type, and what it says follows at debug. Never a stack.
 */
export function temporalLogger(logger: Logger): TemporalLogger {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
  return new DefaultLogger('INFO', ({ level, message, meta }: LogEntry) => {
    const fields = (meta ?? {}) as Record<string, unknown>;
    const ids = idsOf(fields);
    // Behind a colon the SDK appends what an error says.
    const [event = ''] = message.split(': ', 1);
    const error = nameOf(fields['error']);
    logger[repeatsOutage(event, error) ? 'debug' : levels[level]]({ temporal: { ...ids, error } }, event);
    const said = textOf(fields['error']);
    if (said !== undefined || event !== message) {
      logger.debug({ temporal: { ...ids, error: said } }, message);
    }
  });
}

/** What `Runtime.install` is given, so that no line of Temporal goes past the logger. */
export function runtimeOptions(logger: Logger): RuntimeOptions {
  return {
    logger: temporalLogger(logger),
    // Without `forward` the native core writes its lines to the terminal itself, failures and all.
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    // Commands order their own end: running calls first, the server last.
    shutdownSignals: [],
  };
}

/** Every poller and heartbeat says so, again and again, while a server is away; that it is away is told once, elsewhere. */
function repeatsOutage(event: string, error: string | undefined): boolean {
  return /^gRPC call \w+ retried \d+ times$/.test(event) && error === 'Unavailable';
}

function idsOf({ workflowId, runId, activityType, attempt, taskQueue }: Record<string, unknown>) {
  return { workflowId, runId, activityType, attempt, taskQueue };
}

/** What an error is, without what it says: `ActivityFailure <- ApplicationFailure overloaded`. */
function nameOf(error: unknown): string | undefined {
  if (error instanceof Error) {
    const type = error instanceof ApplicationFailure && error.type ? ` ${error.type}` : '';
    const cause = error.cause instanceof Error ? ` <- ${String(nameOf(error.cause))}` : '';
    return `${classOf(error)}${type}${cause}`;
  }
  // The native core hands over text, in which a failed call has its gRPC code.
  return typeof error === 'string' ? (/\bcode: '?([\w ]+)/.exec(error)?.[1] ?? 'error') : undefined;
}

/** An error that comes out of a workflow's thread is a bare Error; its stack still begins with what it was. */
function classOf({ name, stack }: Error): string {
  return name === 'Error' ? (/^(\w+): /.exec(stack ?? '')?.[1] ?? name) : name;
}

function textOf(error: unknown): string | undefined {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : undefined;
}
