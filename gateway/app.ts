import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { CompletionNotFoundError, type CompletionHandle, type Holdfast } from '../client/index.js';
import { mayAsk, notAllowed, type Access } from './access/access.js';
import { withoutKeys, type GatewayKey } from './access/key-file.js';
import { isForeignPage } from './access/open-gateway.js';
import { exposedHeaders } from './answer.js';
import { Completions, type CompletionsOptions } from './completions.js';
import { countTokensResponse } from './count-tokens.js';
import { jsonOf } from './json-body.js';
import { engineAway, errorCodeHeader, problemOf, problemResponse } from './problem-response.js';
import { invalid, unavailable, type Problem } from './problem.js';
import { anyone, belongsTo, requestIdOf } from './request-id.js';
import { listTargets } from './target.js';
import { anthropic } from './wires/anthropic.js';
import { openai } from './wires/openai.js';
import type { Wire } from './wires/wire.js';

export interface GatewayOptions extends CompletionsOptions {
  /** To read completions by their id. */
  holdfast: Holdfast;
  /** Why nothing can be served at the moment; undefined when all is well. */
  notReady: () => Promise<string | undefined>;
  /** Whether Temporal is known to be away. */
  engineDown: () => boolean;
  /** Whether the gateway is shutting down: requests that are running end, new ones are turned away. */
  draining: () => boolean;
  /** Whose requests are served; absent: everybody's, and then only this machine may reach the gateway. */
  access?: Access;
}

interface Variables {
  requestId: string;
  /** The key of whoever asks; absent where no keys are asked for. */
  key?: GatewayKey;
}
type Here = Context<{ Variables: Variables }>;

/** The gateway as a value: `app.request()` answers without a socket. */
export function createGateway(options: GatewayOptions): Hono<{ Variables: Variables }> {
  const { access } = options;
  const completions = new Completions(options);
  const app = new Hono<{ Variables: Variables }>();

  app.use(async (context, next) => {
    context.set('requestId', requestIdOf(context.req.header('x-request-id')));
    await next();
    const { headers } = context.res;
    const code = headers.get(errorCodeHeader);
    // What became a completion is counted as one.
    if (code !== null && !headers.has('x-holdfast-id')) options.metrics.rejected(code);
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

  const admitted: MiddlewareHandler<{ Variables: Variables }> = async (context, next) => {
    const { headers } = context.req.raw;
    const wire = wireOf(context.req.path);
    if (access === undefined) {
      // Else any page that somebody opens on this machine could have completions made.
      if (!isForeignPage(headers.get('origin'))) return next();
      const message =
        'a page of another site asks, and this gateway has no keys; make one: holdfast keys create';
      return respond(wire, context, invalid(message, undefined, 403, 'foreign_origin'));
    }
    const caller = access.identify(headers);
    if (caller.ok) {
      context.set('key', caller.key);
      return next();
    }
    const response = respond(wire, context, caller.problem);
    response.headers.set('www-authenticate', 'Bearer');
    return response;
  };
  app.use('/v1/*', admitted);
  app.use('/metrics', admitted);

  app.get('/metrics', async ({ body }) =>
    body(await options.metrics.text(), 200, { 'content-type': options.metrics.contentType }),
  );

  app.get('/v1/models', (context) => {
    const config = options.config();
    const key = context.get('key');
    return context.json(listTargets(config, (name) => key === undefined || mayAsk(key, name, config)));
  });

  const serve = (wire: Wire) => async (context: Here) => {
    if (options.draining()) {
      return respond(wire, context, unavailable('the gateway is shutting down', 1_000, 'draining'));
    }
    const body = await jsonOf(context.req.raw);
    if ('problem' in body) return respond(wire, context, body.problem);
    const key = context.get('key');
    const refusal = key && refusalFor(key, body.value);
    if (refusal !== undefined) return respond(wire, context, refusal);
    return completions.serve(wire, {
      body: body.value,
      headers: context.req.raw.headers,
      signal: context.req.raw.signal,
      requestId: context.get('requestId'),
      owner: key?.owner ?? anyone,
      ...(key === undefined ? {} : { onTokens: (total: number) => access?.used(key, total) }),
    });
  };
  const refusalFor = (key: GatewayKey, body: unknown): Problem | undefined => {
    const name = modelIn(body);
    // Without a name there is nothing to allow: the wire says what is wrong.
    if (name !== undefined && !mayAsk(key, name, options.config())) return notAllowed(name, key);
    return access?.begin(key);
  };
  app.post('/v1/chat/completions', serve(openai));
  app.post('/v1/messages', serve(anthropic));
  app.post('/v1/messages/count_tokens', async (context: Here) => {
    const body = await jsonOf(context.req.raw);
    if ('problem' in body) return respond(anthropic, context, body.problem);
    return countTokensResponse(body.value, context.get('requestId'));
  });

  /** A completion by its id. That of another owner is not there. */
  const ofCaller = (work: (handle: CompletionHandle, context: Here) => Promise<Response>) => {
    return async (context: Here) => {
      const id = context.req.param('id') ?? '';
      const key = context.get('key');
      // Without keys all may be read; but what the gateway did not start may be anything, and is not its to end.
      const owner = key?.owner ?? (context.req.method === 'DELETE' ? anyone : undefined);
      const missing = (): Response => {
        const message = `there is no completion ${withoutKeys(id.slice(0, 200))}`;
        return respond(openai, context, invalid(message, 'id', 404, 'completion_not_found'));
      };
      if (owner !== undefined && !belongsTo(owner, id)) return missing();
      if (options.engineDown()) return respond(openai, context, unavailable(engineAway, 1_000));
      try {
        return await work(options.holdfast.get(id), context);
      } catch (error) {
        if (error instanceof CompletionNotFoundError) return missing();
        return respond(openai, context, problemOf(error));
      }
    };
  };
  app.get(
    '/v1/holdfast/completions/:id',
    ofCaller(async (handle, context) => context.json({ id: handle.id, attempts: await handle.attempts() })),
  );
  app.delete(
    '/v1/holdfast/completions/:id',
    ofCaller(async (handle, context) => {
      await handle.cancel();
      return context.json({ id: handle.id, status: 'cancel_requested' }, 202);
    }),
  );

  for (const [path, methods] of Object.entries(methodsOf)) {
    app.all(path, (context) => {
      const { method } = context.req;
      const problem = invalid(
        `${path} takes ${methods}, not ${method}`,
        undefined,
        405,
        'method_not_allowed',
      );
      const response = respond(wireOf(path), context, problem);
      response.headers.set('allow', methods);
      return response;
    });
  }
  app.notFound((context) => {
    const { method, path } = context.req;
    const asked = `${method} ${withoutKeys(path.slice(0, 200))}`;
    const message = `there is no ${asked}; see GET /v1/models, POST /v1/chat/completions, POST /v1/messages`;
    return respond(wireOf(path), context, invalid(message, undefined, 404, 'not_found'));
  });
  app.onError((error, context) => {
    options.warn('a request ended in a fault of the gateway', error.name);
    return respond(wireOf(context.req.path), context, problemOf(error));
  });
  return app;
}

/** The routes whose other methods are refused by name. */
const methodsOf = {
  '/v1/models': 'GET, HEAD, OPTIONS',
  '/v1/chat/completions': 'POST, OPTIONS',
  '/v1/messages': 'POST, OPTIONS',
  '/v1/messages/count_tokens': 'POST, OPTIONS',
  '/v1/holdfast/completions/:id': 'GET, HEAD, DELETE, OPTIONS',
};

const wireOf = (path: string): Wire => (path.startsWith('/v1/messages') ? anthropic : openai);

function respond(wire: Wire, context: Here, problem: Problem): Response {
  return problemResponse(wire, problem, context.get('requestId'));
}

function modelIn(body: unknown): string | undefined {
  const model = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined;
  return typeof model === 'string' ? model : undefined;
}
