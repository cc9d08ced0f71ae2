import { createServer, connect } from 'node:net';
import { once } from 'node:events';

export interface Ports {
  grpc: number;
  ui: number;
}

/** What Temporal's own tools assume. */
export const standardPorts: Ports = { grpc: 7233, ui: 8233 };

const loopback = '127.0.0.1';

interface HeldPort {
  port: number;
  close: () => Promise<void>;
}

async function listen(port: number): Promise<HeldPort | undefined> {
  const server = createServer();
  try {
    server.listen(port, loopback);
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const address = server.address();
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: typeof address === 'object' && address ? address.port : port, close };
}

/**
 * The wanted ports where they are free, others where not, with a line for each that is taken.
 * Without wanted ports both are chosen by the system. Another program may still take them first.
 */
export async function choosePorts(
  wanted: Ports | undefined,
  onProgress: (line: string) => void,
): Promise<Ports> {
  // Both stay held until both are known, or the system could hand out the same one twice.
  const held: HeldPort[] = [];
  const choose = async (port: number | undefined, purpose: string): Promise<number> => {
    let holder = port === undefined ? undefined : await listen(port);
    if (!holder) {
      holder = await listen(0);
      if (!holder) throw new Error(`no free port on ${loopback}`);
      if (port !== undefined) {
        onProgress(`Port ${port} is taken by another program; ${purpose} uses port ${holder.port}.`);
      }
    }
    held.push(holder);
    return holder.port;
  };
  try {
    const grpc = await choose(wanted?.grpc, 'the Temporal server');
    const ui = await choose(wanted?.ui, 'the Temporal UI');
    return { grpc, ui };
  } finally {
    await Promise.all(held.map((holder) => holder.close()));
  }
}

export type Knock = { open: true } | { open: false; reason: string };

/** Whether something listens at a TCP address. A refusal is known at once, where gRPC would retry until its deadline. */
export function knock(host: string, port: number, timeoutMs: number): Promise<Knock> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (result: Knock): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => {
      finish({ open: false, reason: `no answer within ${timeoutMs / 1000} s` });
    });
    socket.once('connect', () => {
      finish({ open: true });
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      finish({ open: false, reason: knockReasons[error.code ?? ''] ?? error.message });
    });
  });
}

const knockReasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
};

/** Splits `host:port`, `[v6]:port` or `host` (Temporal's port); undefined for other forms, which gRPC may know. */
export function parseAddress(address: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) return undefined;
  return { host, port: match?.[3] === undefined ? standardPorts.grpc : Number(match[3]) };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
