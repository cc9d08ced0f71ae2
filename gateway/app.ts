import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { largestRequestBytes } from '../contracts/completion.js';
import { CompletionNotFoundError, type Holdfast } from '../client/index.js';
import { Completions, type CompletionsOptions } from './completions.js';
import { exposedHeaders } from './answer.js';
import { problemOf, problemResponse } from './problem-response.js';
import { invalid, unavailable, type Problem } from './problem.js';
import { requestIdOf } from './request-id.js';
import { listTargets } from './target.js';
import { anthropic } from './wires/anthropic.js';
import { openai } from './wires/openai.js';
import type { Wire } from './wires/wire.js';

export interface GatewayOptions extends CompletionsOptions {
  /** To read completions by their id. */
  holdfast: Holdfast;
  /** Told of what went wrong without anybody to tell it to. */
  warn: (message: string, detail: string) => void;
  /** Why nothing can be served at the moment; undefined when all is well. */
  notReady: () => Promise<string | undefined>;
  /** Whether the gateway is shutting down: requests that are running end, new ones are turned away. */
  draining: () => boolean;
}

/** JSON writes some characters with six bytes; what is recorded is measured after that. */
const largestBodyBytes = largestRequestBytes * 4;

interface Variables {
  requestId: string;
}
type Here = Context<{ Variables: Variables }>;

/** The gateway as a value: `app.request()` answers without a socket. */
export function createGateway(options: GatewayOptions): Hono<{ Variables: Variables }> {
  const completions = new Completions(options);
  const app = new Hono<{ Variables: Variables }>();

  app.use(async (context, next) => {
    context.set('requestId', requestIdOf(context.req.header('x-request-id')));
    await next();
  });
  app.use(cors({ origin: '*', exposeHeaders: exposedHeaders }));

  app.get('/health/liveness', (context) =>
    options.draining() ? context.json({ status: 'draining' }, 503) : context.json({ status: 'alive' }),
  );
  app.get('/health/readiness', async (context) => {
    const reason = options.draining() ? 'the gateway is shutting down' : await options.notReady();
    return reason === undefined
      ? context.json({ status: 'ready' })
      : context.json({ status: 'not ready', reason }, 503);
  });

  app.get('/v1/models', (context) => context.json(listTargets(options.config())));

  const limit = (wire: Wire) =>
    bodyLimit({
      maxSize: largestBodyBytes,
      onError: (context: Here) => {
        const most = `${String(largestBodyBytes)} bytes`;
        return respond(
          wire,
          context,
          invalid(`the body is larger than ${most}`, undefined, 413, 'payload_too_large'),
        );
      },
    });
  const serve = (wire: Wire) => async (context: Here) => {
    if (options.draining()) {
      return respond(wire, context, unavailable('the gateway is shutting down', 1_000, 'draining'));
    }
    const body = await jsonOf(context);
    if ('problem' in body) return respond(wire, context, body.problem);
    return completions.serve(wire, {
      body: body.value,
      headers: context.req.raw.headers,
      signal: context.req.raw.signal,
      requestId: context.get('requestId'),
      owner: 'anyone',
    });
  };
  app.post('/v1/chat/completions', limit(openai), serve(openai));
  app.post('/v1/messages', limit(anthropic), serve(anthropic));

  app.get('/v1/holdfast/completions/:id', async (context) => {
    const id = context.req.param('id');
    try {
      return context.json({ id, attempts: await options.holdfast.get(id).attempts() });
    } catch (error) {
      const problem =
        error instanceof CompletionNotFoundError
          ? invalid(error.message, 'id', 404, 'completion_not_found')
          : problemOf(error);
      return respond(openai, context, problem);
    }
  });

  app.notFound((context) => {
    const { method, path } = context.req;
    const message = `there is no ${method} ${path.slice(0, 200)}; see GET /v1/models, POST /v1/chat/completions, POST /v1/messages`;
    return respond(wireOf(path), context, invalid(message, undefined, 404, 'not_found'));
  });
  app.onError((error, context) => {
    options.warn('a request ended in a fault of the gateway', error.name);
    return respond(wireOf(context.req.path), context, problemOf(error));
  });
  return app;
}

const wireOf = (path: string): Wire => (path.startsWith('/v1/messages') ? anthropic : openai);

function respond(wire: Wire, context: Here, problem: Problem): Response {
  return problemResponse(wire, problem, context.get('requestId'));
}

async function jsonOf(context: Here): Promise<{ value: unknown } | { problem: Problem }> {
  const text = await context.req.text();
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: invalid('the body is not JSON') };
  }
}
