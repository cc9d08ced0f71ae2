import type { EngineAddress } from '../client/engine-connection.js';
import type { Engine } from '../engine/index.js';

/** The engine's server as the client library takes it. */
export function clientAddress({ connection, namespace }: Engine): EngineAddress {
  const { address, tls, apiKey, metadata } = connection;
  return {
    address,
    namespace,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
