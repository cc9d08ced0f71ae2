import { Client, Connection, isGrpcServiceError, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { EngineUnavailableError } from './errors.js';

/** Where Temporal is. What is left out comes from the standard TEMPORAL_* environment and profile file. */
export interface EngineAddress {
  /** `host:port`; `127.0.0.1:7233` when nothing says otherwise. */
  address?: string;
  namespace?: string;
  apiKey?: string;
  tls?: ConnectionOptions['tls'];
  /** Milliseconds to wait for Temporal before {@link EngineUnavailableError}. */
  connectTimeoutMs?: number;
}

/** gRPC status codes that say "not now" rather than "no". */
const passing = new Set([4 /* DEADLINE_EXCEEDED */, 14 /* UNAVAILABLE */]);

/** One connection to Temporal, made on first use and again after a failed try. */
export class EngineConnection {
  readonly address: string;
  readonly namespace: string;
  private readonly options: ConnectionOptions;
  private client: Promise<Client> | undefined;

  constructor({ address, namespace, apiKey, tls, connectTimeoutMs = 10_000 }: EngineAddress) {
    const configured = loadClientConnectConfig();
    const { connectionOptions } = configured;
    this.address = address ?? connectionOptions.address ?? '127.0.0.1:7233';
    this.namespace = namespace ?? configured.namespace ?? 'default';
    this.options = {
      ...(address === undefined
        ? {
            ...(connectionOptions.tls === undefined ? {} : { tls: connectionOptions.tls }),
            ...(connectionOptions.apiKey === undefined ? {} : { apiKey: connectionOptions.apiKey }),
            ...(connectionOptions.metadata === undefined ? {} : { metadata: connectionOptions.metadata }),
          }
        : {}),
      ...(tls === undefined ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      address: this.address,
      connectTimeout: connectTimeoutMs,
    };
  }

  /** @throws EngineUnavailableError */
  connect(): Promise<Client> {
    this.client ??= Connection.connect(this.options).then(
      (connection) => new Client({ connection, namespace: this.namespace }),
      (error: unknown) => {
        this.client = undefined;
        throw new EngineUnavailableError(this.address, error);
      },
    );
    return this.client;
  }

  /** Runs a call of the client; a Temporal that cannot be reached becomes {@link EngineUnavailableError}. */
  async call<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.connect();
    try {
      return await work(client);
    } catch (error) {
      const status = grpcStatus(error);
      if (status !== undefined && passing.has(status)) throw new EngineUnavailableError(this.address, error);
      throw error;
    }
  }

  async close(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    this.client = undefined;
    await client?.connection.close();
  }
}

/** The gRPC status behind an error of the Temporal client, which wraps it once. */
export function grpcStatus(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && isGrpcServiceError(error.cause) ? error.cause.code : undefined;
}
