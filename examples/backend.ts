// A backend that answers with completions. Needs an engine and a worker: `npm start` in another terminal.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  CompletionCancelledError,
  CompletionFailedError,
  EngineUnavailableError,
  Holdfast,
  IdUsedForAnotherRequestError,
  InvalidRequestError,
} from 'holdfast';

interface Reply {
  status: number;
  body: unknown;
  retryAfterMs?: number | undefined;
}

// One client for the process: it holds one connection, made at the first use.
const holdfast = new Holdfast({ deadlineMs: 60_000 });

/** The id comes from the ticket, so a repeated request gets the recorded summary instead of a second call. */
async function summarise(ticket: string, words: string): Promise<Reply> {
  try {
    const { answer, model, costUsd } = await holdfast.complete({
      id: `summary-${ticket}`,
      strategy: 'analysis',
      maxTokens: 300,
      messages: [
        { role: 'system', content: 'Summarise the support ticket in two sentences.' },
        { role: 'user', content: words },
      ],
    });
    return { status: 200, body: { summary: answer, model, costUsd } };
  } catch (error) {
    return replyTo(error);
  }
}

function replyTo(error: unknown): Reply {
  if (error instanceof InvalidRequestError) return { status: 400, body: { error: error.message } };
  if (error instanceof IdUsedForAnotherRequestError) return { status: 409, body: { error: error.message } };
  if (error instanceof CompletionFailedError) {
    const { kind, message, retryAfterMs } = error;
    const refused = ['bad_request', 'content_filtered', 'context_too_long', 'payload_too_large'];
    return { status: refused.includes(kind) ? 422 : 502, body: { error: message, kind }, retryAfterMs };
  }
  // Somebody else cancelled it, in the Temporal UI perhaps.
  if (error instanceof CompletionCancelledError) return { status: 409, body: { error: error.message } };
  // It may have been started all the same: the same id finds it when Temporal is back.
  if (error instanceof EngineUnavailableError) {
    return { status: 503, body: { error: 'try again shortly' }, retryAfterMs: 5_000 };
  }
  // EngineRefusedError, and what else needs somebody to look at it.
  throw error;
}

const server = createServer((request, response) => {
  void (async () => {
    const ticket = /^\/tickets\/(\w+)\/summary$/.exec(request.url ?? '')?.[1];
    const { status, body, retryAfterMs } =
      ticket === undefined
        ? { status: 404, body: { error: 'no such page' } }
        : await summarise(ticket, await text(request));
    if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1_000));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  })().catch((error: unknown) => {
    console.error(error);
    response.writeHead(500).end();
  });
});

server.listen(3000, '127.0.0.1', () => {
  console.log('curl --data "My parcel has not come." http://127.0.0.1:3000/tickets/T17/summary');
});
process.once('SIGINT', () => {
  server.close(() => void holdfast.close());
});
