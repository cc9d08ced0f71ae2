import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Which connections carry a request at the moment; Node itself takes a new one for busy before it has sent anything. */
export class ConnectionsInUse {
  readonly #responses = new Map<Socket, number>();
  #closing = false;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#responses.set(socket, 0);
      socket.once('close', () => this.#responses.delete(socket));
    });
  }

  /** A response has begun to be made. */
  began(response: ServerResponse): void {
    const { socket } = response;
    if (socket === null) return;
    this.#count(socket, 1);
    if (this.#closing) response.shouldKeepAlive = false;
    response.once('close', () => this.#count(socket, -1));
  }

  /** Closes those that carry nothing, and each other one after its response. */
  close(): void {
    this.#closing = true;
    for (const [socket, responses] of this.#responses) if (responses === 0) socket.destroySoon();
  }

  #count(socket: Socket, change: 1 | -1): void {
    const responses = this.#responses.get(socket);
    if (responses === undefined) return;
    this.#responses.set(socket, responses + change);
    if (this.#closing && responses + change === 0) socket.destroySoon();
  }
}
