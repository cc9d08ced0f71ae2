import { pino, type DestinationStream, type Logger } from 'pino';
import { DefaultLogger, type LogEntry, type Logger as TemporalLogger } from '@temporalio/worker';

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

/** Temporal's own lines through the same logger. */
export function temporalLogger(logger: Logger): TemporalLogger {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
  return new DefaultLogger('INFO', ({ level, message, meta }: LogEntry) => {
    logger[levels[level]]({ temporal: idsOf(meta) }, message);
  });
}

function idsOf(meta: LogEntry['meta']): Record<string, unknown> {
  const { workflowId, runId, activityType, attempt, taskQueue, error } = (meta ?? {}) as Record<
    string,
    unknown
  >;
  return {
    workflowId,
    runId,
    activityType,
    attempt,
    taskQueue,
    error: error instanceof Error ? error.message : error,
  };
}
