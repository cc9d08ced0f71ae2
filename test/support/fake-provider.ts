import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { carryOut } from './fake-provider-acts.js';
import { flatten, parseObject, readText, send } from './fake-provider-http.js';
import type { FakeCall, Step, WireFormat } from './fake-provider-steps.js';
import { fault } from './fake-provider-strict.js';
import { startWriter } from './fake-provider-writer.js';

export { step, type FakeCall, type Step, type StreamShape } from './fake-provider-steps.js';

/** A provider on a port of its own that answers as planned and fails on anything else. */
export interface FakeProvider {
  /** Origin, without a path. */
  url: string;
  /** Base URL for the OpenAI format. */
  openaiUrl: string;
  /** Base URL for the Anthropic format. */
  anthropicUrl: string;
  /**
   * Steps for one upstream model, one per request; the last repeats unless wrapped in `once`.
   * A second plan for the same model replaces the first.
   */
  plan(upstreamModel: string, ...steps: Step[]): void;
  /** Calls so far, oldest first. The values are live: `aborted` turns true when it happens. */
  calls(upstreamModel?: string): FakeCall[];
  waitForCalls(upstreamModel: string, count: number): Promise<void>;
  /** Resolves once the client has left any call of the model early. */
  waitForAbort(upstreamModel: string): Promise<void>;
  /** Requests nobody planned, and requests that should never have been sent. */
  unplanned: string[];
  /** Closes all sockets at once. @throws Error when `unplanned` is not empty. */
  stop(): Promise<void>;
}

const formats: Record<string, WireFormat> = {
  '/v1/chat/completions': 'openai',
  '/v1/messages': 'anthropic',
};

/** Starts the fake on a free port of 127.0.0.1. */
export async function startFakeProvider(): Promise<FakeProvider> {
  const plans = new Map<string, Step[]>();
  const calls: FakeCall[] = [];
  const unplanned: string[] = [];
  const changes = new EventEmitter().setMaxListeners(0);
  const writer = await startWriter();

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://fake');
    const format = formats[pathname];
    const body = parseObject(await readText(request));
    const model = typeof body?.['model'] === 'string' ? body['model'] : '(no model)';
    const label = `${request.method ?? '?'} ${request.url ?? '?'} ${model}`;
    const refuse = (status: number, reason: string): void => {
      unplanned.push(`${label}: ${reason}`);
      send(response, status, JSON.stringify({ error: { message: `fake provider: ${label}: ${reason}` } }));
    };
    if (format === undefined || request.method !== 'POST') {
      refuse(404, 'no such endpoint');
      return;
    }
    if (body === undefined) {
      refuse(400, 'the body is not a JSON object');
      return;
    }
    const wrong = fault(format, request.headers, body);
    if (wrong !== undefined) {
      refuse(400, wrong);
      return;
    }
    const next = takeStep(plans.get(model));
    if (next === undefined) {
      refuse(404, 'nobody planned this request');
      return;
    }

    const call: FakeCall = {
      model,
      format,
      headers: flatten(request.headers),
      query: Object.fromEntries(searchParams),
      body,
      startedAt: Date.now(),
      aborted: false,
      step: next.name,
    };
    calls.push(call);
    response.setHeader(format === 'openai' ? 'x-request-id' : 'request-id', `req_fake_${calls.length}`);
    const left = new AbortController();
    response.on('close', () => {
      left.abort();
      if (response.writableFinished || brokenByStep(next)) return;
      call.aborted = true;
      changes.emit('change');
    });
    changes.emit('change');
    await carryOut(next, call, writer, response, left.signal);
  }

  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => {
      if (request.destroyed && !request.complete) return;
      unplanned.push(`the fake itself failed: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake provider has no port');
  const url = `http://127.0.0.1:${address.port}`;

  const seen = (model?: string): FakeCall[] =>
    calls.filter((call) => model === undefined || call.model === model);
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => changes.once('change', resolve));
  };
  return {
    url,
    openaiUrl: `${url}/v1`,
    anthropicUrl: url,
    unplanned,
    plan: (model, ...steps) => void plans.set(model, steps),
    calls: seen,
    waitForCalls: (model, count) => until(() => seen(model).length >= count),
    waitForAbort: (model) => until(() => seen(model).some((call) => call.aborted)),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, writer.stop()]);
      if (unplanned.length > 0) {
        throw new Error(`the fake provider saw requests it should not have:\n${unplanned.join('\n')}`);
      }
    },
  };
}

function takeStep(steps: Step[] | undefined): Step | undefined {
  const next = steps?.[0];
  if (steps !== undefined && (steps.length > 1 || next?.once === true)) steps.shift();
  return next;
}

const brokenByStep = ({ action }: Step): boolean =>
  action.kind === 'reset' ||
  action.kind === 'cut_body' ||
  (action.kind === 'answer' && action.shape?.cutAfter !== undefined);
