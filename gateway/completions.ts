import { EngineRefusedError, type CompletionResult } from '../client/index.js';
import type { Config } from '../config/schema.js';
import type { Metrics } from '../telemetry/metrics.js';
import { answerIn, factsOf, headersOf, type AnswerFacts } from './answer.js';
import type { ConnectedCompletions, ConnectedRequest } from './connected-completions.js';
import { deadlineOf } from './deadline.js';
import { withoutKeys } from './access/key-file.js';
import type { GatewayRequest } from './gateway-request.js';
import { idHeaders, problemOf, problemResponse } from './problem-response.js';
import { invalid, type Problem } from './problem.js';
import { completionIdFor, longestKey } from './request-id.js';
import { RequestMetrics } from './request-metrics.js';
import { streamed } from './streamed-answer.js';
import { targetNames, targetOf } from './target.js';
import { tokensUsed } from './tokens-used.js';
import type { Wire } from './wires/wire.js';

export interface CompletionsOptions {
  completions: Pick<ConnectedCompletions, 'start'>;
  /** The config in force. */
  config: () => Config;
  metrics: Metrics;
  /** Told of what went wrong without anybody to tell it to. */
  warn: (message: string, detail: string) => void;
}

/** Serves completions over HTTP: each request is a durable completion, streamed from this process where that is possible. */
export class Completions {
  constructor(private readonly options: CompletionsOptions) {}

  /** The response to one request; every ending is a response in the client's own format. */
  async serve(wire: Wire, request: GatewayRequest): Promise<Response> {
    const asked = this.#read(wire, request);
    if (!asked.ok) return problemResponse(wire, asked.problem, request.requestId);
    const { start, ignored, includeUsage, keyed } = asked;
    const { id, stream = false } = start;
    const metrics = new RequestMetrics(this.options.metrics, stream);
    let begun: string | undefined;
    try {
      const completion = await this.options.completions.start(start, { keyed, signal: request.signal });
      begun = id;
      const { result, origin, leave } = completion;
      metrics.follow(completion, asked.name);
      if (request.signal.aborted) leave();
      else request.signal.addEventListener('abort', leave, { once: true });
      // A replay costs nothing.
      if (origin === 'started' && request.onTokens !== undefined) {
        void tokensUsed(completion, start).then(request.onTokens);
      }
      const headers = {
        ...idHeaders(wire, request.requestId),
        ...(origin === 'started' ? {} : { 'x-holdfast-replayed': 'true' }),
      };
      const facts = (recorded: CompletionResult): AnswerFacts => ({
        ...factsOf(recorded, ignored),
        ...(origin === 'started' ? { 'overhead-ms': metrics.overheadMs(recorded) } : { replayed: true }),
      });
      if (stream) {
        const onFirstToken = (): void => metrics.firstToken();
        return await streamed(wire, { completion, includeUsage, keyed, headers, facts, onFirstToken });
      }
      const recorded = await result;
      const body = wire.answer(answerIn(recorded), namesOf(recorded));
      return Response.json(body, { headers: { ...headersOf(facts(recorded)), ...headers } });
    } catch (error) {
      if (error instanceof EngineRefusedError)
        this.options.warn('Temporal refuses completions', error.message);
      return problemResponse(wire, problemOf(error), request.requestId, begun);
    }
  }

  #read(wire: Wire, { body, headers, owner }: GatewayRequest): Asked {
    const config = this.options.config();
    const read = wire.read(body);
    if (!read.ok) return read;
    const target = targetOf(read.model, config);
    if (target === undefined) return { ok: false, problem: unknownModel(read.model, config) };
    const deadline = deadlineOf(headers, config.deadline);
    if (!deadline.ok) return { ok: false, problem: invalid(`x-holdfast-deadline: ${deadline.reason}`) };
    const key = headers.get('idempotency-key') ?? undefined;
    if (key !== undefined && (key === '' || key.length > longestKey)) {
      const reason = `Idempotency-Key: expected 1 to ${String(longestKey)} characters`;
      return { ok: false, problem: invalid(reason) };
    }
    const { chat, stream, includeUsage } = read;
    // Betas belong to one vendor's endpoint, and whoever answers may be another's.
    const ignored =
      headers.get('anthropic-beta') === null ? read.ignored : [...read.ignored, 'anthropic-beta'];
    return {
      ok: true,
      name: read.model,
      start: {
        ...chat,
        ...target,
        id: completionIdFor(owner, key),
        deadlineMs: deadline.ms,
        ...(stream ? { stream } : {}),
      },
      keyed: key !== undefined,
      includeUsage,
      ignored,
    };
  }
}

type Asked =
  | {
      ok: true;
      /** What the client wrote as `model`. */
      name: string;
      start: ConnectedRequest;
      keyed: boolean;
      includeUsage: boolean;
      ignored: string[];
    }
  | { ok: false; problem: Problem };

function unknownModel(name: string, config: Config): Problem {
  const { models, chains, strategies } = targetNames(config);
  const known = [
    ...models,
    ...chains.map((chain) => `chain:${chain}`),
    ...strategies.map((one) => `strategy:${one}`),
  ];
  return invalid(
    `the model ${JSON.stringify(withoutKeys(name.slice(0, 100)))} is not in the config; there are: auto, ${known.join(', ')}`,
    'model',
    404,
    'model_not_found',
  );
}

function namesOf({ id, model }: CompletionResult): { id: string; model: string; created: number } {
  return { id, model, created: Math.floor(Date.now() / 1_000) };
}
