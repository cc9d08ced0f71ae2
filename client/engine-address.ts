import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { InvalidOptionsError } from './errors.js';

/** Where Temporal is. What is left out comes from the standard TEMPORAL_* environment and profile file. */
export interface EngineAddress {
  /** `host:port`; `127.0.0.1:7233` when nothing says otherwise. */
  address?: string;
  namespace?: string;
  apiKey?: string;
  tls?: ConnectionOptions['tls'];
  /** Headers sent with every call, for a proxy in front of Temporal perhaps. */
  metadata?: Record<string, string>;
  /** Milliseconds to wait for a connection before {@link EngineUnavailableError} (default 10 s). */
  connectTimeoutMs?: number;
  /** Milliseconds in which Temporal must answer a call before {@link EngineUnavailableError} (default 10 s). */
  callTimeoutMs?: number;
}

/** An {@link EngineAddress} with the settings of the environment where it says nothing. */
export interface ResolvedAddress {
  address: string;
  namespace: string;
  connection: ConnectionOptions;
}

/** @throws InvalidOptionsError when the TEMPORAL_* settings, or a file that they name, cannot be read */
export function resolveAddress(given: EngineAddress, env: NodeJS.ProcessEnv): ResolvedAddress {
  const configured = readTemporalSettings(env);
  const { tls, apiKey, metadata } = configured.connectionOptions;
  const address = given.address ?? (configured.connectionOptions.address || '127.0.0.1:7233');
  return {
    address,
    namespace: given.namespace ?? (configured.namespace || 'default'),
    connection: {
      // Credentials belong to the address that they were set for.
      ...(given.address === undefined
        ? {
            ...(tls === undefined ? {} : { tls }),
            ...(apiKey === undefined ? {} : { apiKey }),
            ...(metadata === undefined ? {} : { metadata }),
          }
        : {}),
      ...(given.tls === undefined ? {} : { tls: given.tls }),
      ...(given.apiKey === undefined ? {} : { apiKey: given.apiKey }),
      ...(given.metadata === undefined ? {} : { metadata: given.metadata }),
      address,
      connectTimeout: given.connectTimeoutMs ?? 10_000,
      channelArgs: {
        // gRPC's own pauses grow to two minutes, in which a Temporal that is back would go unnoticed.
        'grpc.initial_reconnect_backoff_ms': 200,
        'grpc.max_reconnect_backoff_ms': 1_000,
        // Without this gRPC would send even loopback traffic to the proxy that http_proxy names.
        ...(isLoopback(address) ? { 'grpc.enable_http_proxy': 0 } : {}),
      },
    },
  };
}

function readTemporalSettings(env: NodeJS.ProcessEnv): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig({ overrideEnvVars: definedVariables(env) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidOptionsError(
      `the Temporal settings cannot be read: ${why}. Check the TEMPORAL_* variables, TEMPORAL_PROFILE, and the profile file that TEMPORAL_CONFIG_FILE names.`,
      { cause: error },
    );
  }
}

/** Compose files write `TEMPORAL_ADDRESS: ${TEMPORAL_ADDRESS:-}`: an empty setting is none. */
function definedVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [variable, value] of Object.entries(env)) {
    // An empty TEMPORAL_GRPC_META_* has a meaning of its own: it takes the header away.
    if (value !== undefined && (value !== '' || variable.startsWith('TEMPORAL_GRPC_META_')))
      defined[variable] = value;
  }
  return defined;
}

/** Of `host:port`, `[v6]:port` or a host alone. */
function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '');
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
