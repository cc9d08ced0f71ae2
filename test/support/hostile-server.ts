import { createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** How a response says where it ends. `close`: only by closing the connection, as HTTP/1.0 did. */
export type Framing = 'chunked' | 'length' | 'close';

/** What the server does with one request, byte by byte. */
export interface Script {
  /** Sent one after the other, each in a write of its own. */
  pieces: Buffer[];
  /**
   * `end`: the response ends in order. `cut`: the connection is closed in the middle of what was announced.
   * `reset`: the same, by a TCP reset. `stall`: nothing more, until the client leaves.
   */
  then: 'end' | 'cut' | 'reset' | 'stall';
  framing?: Framing;
  contentType?: string;
  status?: string;
  /** No headers either. */
  silent?: boolean;
  /** Milliseconds between the headers and the first piece. */
  afterMs?: number;
}

/** A TCP server that speaks just enough HTTP to do it badly. */
export interface HostileServer {
  url: string;
  /** The name of a model whose every request meets the script. */
  serve(script: Script): string;
  /** Resolves once a client has closed the connection of a script that stalls. */
  waitForLeave(): Promise<void>;
  /** Connections so far. */
  connections(): number;
  stop(): Promise<void>;
}

export async function startHostileServer(): Promise<HostileServer> {
  const scripts = new Map<string, Script>();
  const sockets = new Set<Socket>();
  let connections = 0;
  let left: () => void = () => undefined;
  const leave = new Promise<void>((resolve) => (left = resolve));

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    connections += 1;
    let request = '';
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      request += data.toString('latin1');
      if (!isWhole(request)) return;
      const script = scripts.get(/"model":"(script-\d+)"/.exec(request)?.[1] ?? '');
      if (script === undefined) {
        socket.destroy();
        return;
      }
      request = '';
      if (script.then === 'stall') socket.on('close', left);
      void perform(socket, script);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the hostile server has no port');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    serve(script) {
      const model = `script-${scripts.size + 1}`;
      scripts.set(model, script);
      return model;
    },
    waitForLeave: () => leave,
    connections: () => connections,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** True once all of the request's body is there; an answer before that would be a different fault. */
function isWhole(request: string): boolean {
  const bodyAt = request.indexOf('\r\n\r\n') + 4;
  const length = Number(/content-length: *(\d+)/i.exec(request)?.[1] ?? NaN);
  return bodyAt >= 4 && request.length - bodyAt >= length;
}

async function perform(socket: Socket, script: Script): Promise<void> {
  const { pieces, then, framing = 'chunked', contentType = 'text/event-stream', status = '200 OK' } = script;
  if (script.silent === true) return;
  const whole = pieces.reduce((sum, { length }) => sum + length, 0);
  const announced = {
    chunked: 'transfer-encoding: chunked\r\n',
    length: `content-length: ${then === 'end' ? whole : whole + 1}\r\n`,
    close: 'connection: close\r\n',
  };
  const write = (bytes: Buffer | string): Promise<void> =>
    new Promise((resolve) => socket.write(bytes, () => setImmediate(resolve)));
  await write(`HTTP/1.1 ${status}\r\ncontent-type: ${contentType}\r\n${announced[framing]}\r\n`);
  if (script.afterMs !== undefined) await pause(script.afterMs);
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (framing !== 'chunked') await write(piece);
    else if (piece.length > 0) {
      await write(
        Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
      );
    }
  }
  if (then === 'reset') socket.resetAndDestroy();
  else if (then === 'cut') socket.destroySoon();
  else if (then === 'end') {
    if (framing === 'chunked') await write('0\r\n\r\n');
    if (framing === 'close') socket.end();
  }
}
