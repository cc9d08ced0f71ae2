import { CompletionCancelledError, CompletionFailedError } from '../client/index.js';
import type { CompletionResult } from '../contracts/completion.js';
import type { Metrics } from '../telemetry/metrics.js';
import { overheadMs } from './answer.js';
import type { ConnectedCompletion } from './connected-completion.js';

/** Counts one request that became a completion. */
export class RequestMetrics {
  readonly #cameAt = Date.now();
  #firstTokenAt: number | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly streamed: boolean,
  ) {}

  /** The first token, or what takes its place, left for the client. */
  firstToken(): void {
    this.#firstTokenAt ??= Date.now();
  }

  /** Milliseconds since it came that no provider call accounts for. */
  overheadMs(result: CompletionResult): number {
    return overheadMs(result, Date.now() - this.#cameAt);
  }

  /** Counts it from now on until it has its result. */
  follow({ result, origin }: ConnectedCompletion, requestedModel: string): void {
    const { metrics, streamed } = this;
    // The one that started it counts it.
    if (origin !== 'started') {
      metrics.replayed();
      return;
    }
    metrics.inFlight(1);
    const served = () => ({
      streamed,
      durationMs: Date.now() - this.#cameAt,
      ...(this.#firstTokenAt === undefined ? {} : { firstTokenMs: this.#firstTokenAt - this.#cameAt }),
    });
    result.then(
      (recorded) => {
        metrics.inFlight(-1);
        metrics.recordResult(recorded, { ...served(), overheadMs: this.overheadMs(recorded) });
      },
      (error: unknown) => {
        metrics.inFlight(-1);
        if (error instanceof CompletionFailedError) metrics.recordFailure(error, served());
        else if (error instanceof CompletionCancelledError) {
          metrics.completion({ outcome: 'cancelled', requestedModel, ...served() });
        }
      },
    );
  }
}
