import { once } from 'node:events';
import {
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';

/**
 * What becomes of a call: it reaches Temporal now or later, is never answered whether it got there (`lose`) or not
 * (`hang`), or gets a gRPC status instead.
 */
export type Fate = 'pass' | 'hang' | 'lose' | { after: Promise<void> } | { status: number; message: string };

/** The suite's Temporal server behind a wire that can be made to fail. */
export interface TemporalProxy extends AsyncDisposable {
  /** `host:port` for clients. */
  address: string;
  /** Decides from now on, by the name of the method (`StartWorkflowExecution`). */
  decide(fate: (method: string) => Fate): void;
  /** Calls so far of a method, whatever became of them. */
  calls(method: string): number;
  /** Of those, how many neither ended nor were given up. */
  inFlight(method: string): number;
  /** Headers of the last call of a method. */
  headers(method: string): IncomingHttpHeaders | undefined;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Takes connections again, at the same address. */
  mend(): Promise<void>;
}

export async function startTemporalProxy(temporal: string): Promise<TemporalProxy> {
  const upstream = connect(`http://${temporal}`);
  const sessions = new Set<ServerHttp2Session>();
  const seen: { method: string; headers: IncomingHttpHeaders; stream: ServerHttp2Stream }[] = [];
  let fateOf: (method: string) => Fate = () => 'pass';

  const answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    const method = headers[':path']?.split('/').at(-1) ?? '';
    seen.push({ method, headers, stream });
    stream.on('error', () => undefined);
    const fate = fateOf(method);
    if (fate === 'hang') return;
    if (fate === 'lose') {
      const request = upstream.request(headers);
      request.on('error', () => undefined);
      stream.pipe(request);
      return;
    }
    if (fate === 'pass') {
      forward(stream, headers);
      return;
    }
    if ('after' in fate) {
      void fate.after.then(() => forward(stream, headers));
      return;
    }
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(fate.status),
        'grpc-message': encodeURIComponent(fate.message),
      },
      { endStream: true },
    );
  };

  const forward = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    const request = upstream.request(headers);
    request.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    stream.on('close', () => request.close(constants.NGHTTP2_CANCEL));
    stream.pipe(request);
    request.on('response', (response, flags) => {
      if (stream.destroyed) return;
      const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      stream.respond(response, { endStream, waitForTrailers: !endStream });
      let trailers: IncomingHttpHeaders = {};
      request.on('trailers', (received: IncomingHttpHeaders) => {
        trailers = received;
      });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      if (!endStream) request.pipe(stream);
    });
  };

  const server = createServer();
  server.on('stream', answer);
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has a port');

  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const session of sessions) session.destroy();
    await closed;
  };
  return {
    address: `127.0.0.1:${String(bound.port)}`,
    decide: (fate) => {
      fateOf = fate;
    },
    calls: (method) => seen.filter((call) => call.method === method).length,
    inFlight: (method) => seen.filter((call) => call.method === method && !call.stream.closed).length,
    headers: (method) => seen.findLast((call) => call.method === method)?.headers,
    cut,
    mend: () => listen(bound.port),
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await cut();
      upstream.destroy();
    },
  };
}

/** Something to wait for until it is opened. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
