import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ConnectionsInUse } from './connections-in-use.js';

export interface GatewayServer {
  /** `http://127.0.0.1:8788` */
  url: string;
  /** Takes no new connections and resolves when the last response has ended, or when `withinMs` have passed. */
  stop(withinMs: number): Promise<void>;
}

/** What one client may take of the server. */
export interface ServerLimits {
  /** Longest that the headers of a request may take, in milliseconds. */
  headersMs: number;
  /** Longest that a whole request may take to come, its body included, in milliseconds. */
  requestMs: number;
  /** Longest time in which a client takes nothing of a response that is ready for it, in milliseconds. */
  stalledMs: number;
  /** Connections at a time; further ones are closed at once. */
  connections: number;
}

const usualLimits: ServerLimits = {
  headersMs: 10_000,
  requestMs: 60_000,
  stalledMs: 60_000,
  connections: 10_000,
};

export interface ServerOptions {
  fetch: (request: Request) => Response | Promise<Response>;
  /** Loopback unless told otherwise. */
  host?: string;
  /** 0: any free port. */
  port: number;
  limits?: Partial<ServerLimits>;
}

/** Largest part of a refused body that is still read and thrown away, so that its sender gets to see the refusal. */
const lingerBytes = 8 * 1_024 * 1_024;
const lingerLookMs = 5;

/** Serves the gateway on a port. @throws Error with the code of the system when it cannot be listened on */
export async function startServer({
  fetch,
  host = '127.0.0.1',
  port,
  limits,
}: ServerOptions): Promise<GatewayServer> {
  const { headersMs, requestMs, stalledMs, connections } = { ...usualLimits, ...limits };
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      // Node looks only every 30 s otherwise.
      connectionsCheckingInterval: Math.min(1_000, headersMs, requestMs),
      keepAliveTimeout: 65_000,
      maxHeaderSize: 32 * 1_024,
      insecureHTTPParser: false,
      // A connection of which nothing is heard may be to a machine that is gone.
      keepAlive: true,
    },
    (request, response) => {
      connectionsInUse.began(response);
      letGo(request, response);
      endWhenStalled(response, stalledMs);
      void listener(request, response);
    },
  );
  const connectionsInUse = new ConnectionsInUse(server);
  server.maxConnections = connections;
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: `http://${hostInUrl(host)}:${String(portOf(server))}`,
    stop: (withinMs) => stop(server, connectionsInUse, withinMs),
  };
}

/** After a response to a request that has not come whole, only a little more of it is read. */
function letGo(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    const { socket } = request;
    const before = socket.bytesRead;
    // Node throws the rest of a body away without telling anybody.
    const looking = setInterval(() => {
      if (socket.bytesRead - before > lingerBytes) socket.destroySoon();
      if (socket.destroyed || request.complete) clearInterval(looking);
    }, lingerLookMs);
    looking.unref();
  });
}

/** Ends a connection whose client has stopped taking what is written to it. */
function endWhenStalled(response: ServerResponse, stalledMs: number): void {
  let waiting = false;
  const timer = setInterval(() => {
    const full = response.writableNeedDrain || response.writableEnded;
    if (waiting && full) response.destroy();
    waiting = full;
  }, stalledMs);
  timer.unref();
  response.on('drain', () => {
    waiting = false;
  });
  response.once('close', () => clearInterval(timer));
}

async function stop(server: Server, connectionsInUse: ConnectionsInUse, withinMs: number): Promise<void> {
  // The HTTP server's own close would destroy connections whose last response is written but not yet taken.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  connectionsInUse.close();
  const late = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearTimeout(late);
  // Ends its looking for slow clients as well.
  server.close();
}

const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}
