import { connect, type Socket } from 'node:net';

/** A connection on which anything can be sent, and what came back. */
export interface RawSocket extends AsyncDisposable {
  socket: Socket;
  /** Sends as much as the other side takes; resolves when it is handed over or the connection is gone. */
  send(text: string | Buffer): Promise<void>;
  received(): string;
  /** Resolves when what came matches. Rejects when the connection ends before that. */
  until(pattern: RegExp): Promise<string>;
  closed: Promise<void>;
}

export async function openRaw(url: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  // A reset is an end like another here.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
  return {
    socket,
    closed,
    received: () => received,
    send: (text) =>
      new Promise((resolve) => {
        void closed.then(resolve);
        socket.write(text, () => resolve());
      }),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(received)) resolve(received);
        };
        socket.on('data', look);
        void closed.then(() => reject(new Error(`ended without ${String(pattern)}: ${received}`)));
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed;
    },
  };
}

/** A request as text; its body as it is. */
export function rawRequest(method: string, path: string, headers: Record<string, string>, body = ''): string {
  const lines = Object.entries({ host: 'gateway', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n');
}
