import { Connection, isGrpcServiceError } from '@temporalio/client';
import type { EngineConnection } from './engine.js';
import { describeError } from './errors.js';
import { grpcCode, grpcStatus } from './grpc-status.js';
import { isLoopback, knock, parseAddress } from './ports.js';

/** Runs `use` with a connection whose calls all end within the limit, and closes it. Rejects when the server does not answer. */
export async function withConnection<T>(
  options: EngineConnection,
  timeoutMs: number,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const host = parseAddress(options.address)?.host;
  const connection = Connection.lazy({
    ...options,
    connectTimeout: timeoutMs,
    // Without this gRPC would send even loopback traffic to the proxy that http_proxy names.
    ...(host !== undefined && isLoopback(host) ? { channelArgs: { 'grpc.enable_http_proxy': 0 } } : {}),
  });
  try {
    return await connection.withDeadline(Date.now() + timeoutMs, async () => {
      await connection.ensureConnected();
      return await use(connection);
    });
  } finally {
    await connection.close();
  }
}

export type ProbeResult =
  { answers: true } | { answers: false; why: 'silent' | 'refused' | 'not-temporal'; reason: string };

/** Whether a Temporal server answers: first TCP, so that a closed port costs nothing, then its own API. */
export async function probeTemporal(connection: EngineConnection, timeoutMs: number): Promise<ProbeResult> {
  const target = parseAddress(connection.address);
  if (target) {
    const door = await knock(target.host, target.port, timeoutMs);
    if (!door.open) return { answers: false, why: 'silent', reason: door.reason };
  }
  try {
    // ensureConnected inside asks for the system info, which only a Temporal server gives.
    await withConnection(connection, timeoutMs, () => Promise.resolve());
    return { answers: true };
  } catch (error) {
    const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
    const code = grpcCode(cause);
    if (code === grpcStatus.unauthenticated || code === grpcStatus.permissionDenied) {
      return { answers: false, why: 'refused', reason: describeError(cause) };
    }
    return { answers: false, why: 'not-temporal', reason: describeError(cause) };
  }
}
