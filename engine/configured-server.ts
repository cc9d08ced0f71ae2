import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import type { Engine, EngineConnection } from './engine.js';
import { describeError, EngineError } from './errors.js';
import { requireNamespace } from './namespaces.js';
import { isLoopback, parseAddress } from './ports.js';
import { probeTemporal } from './temporal-probe.js';
import { findUi } from './ui.js';

/** What the standard TEMPORAL_* variables and the profile file say. */
export interface Configuration {
  /** undefined: no server is configured */
  connection: EngineConnection | undefined;
  namespace: string | undefined;
  /** Where the address was written, for messages. */
  origin: string;
}

/** Enough for a server far away; a closed port is known at once. */
const configuredTimeoutMs = 5_000;

/**
 * Reads the standard Temporal settings.
 * @throws EngineError `configuration` when the profile, or a file it names, cannot be read
 */
export function readConfiguration(env: NodeJS.ProcessEnv): Configuration {
  try {
    const profile = loadClientConfigProfile({ overrideEnvVars: definedVariables(env) });
    const { tls, apiKey } = toClientOptions(profile).connectionOptions;
    const fromVariable = Boolean(env['TEMPORAL_ADDRESS']);
    return {
      connection: profile.address
        ? {
            address: profile.address,
            ...(tls === undefined || tls === null ? {} : { tls }),
            ...(typeof apiKey === 'string' ? { apiKey } : {}),
            ...(profile.grpcMeta ? { metadata: profile.grpcMeta } : {}),
          }
        : undefined,
      namespace: profile.namespace ? profile.namespace : undefined,
      origin: fromVariable ? 'TEMPORAL_ADDRESS' : 'the Temporal profile file',
    };
  } catch (error) {
    throw new EngineError(
      'configuration',
      `The Temporal settings cannot be read: ${describeError(error)}`,
      [
        'Check the TEMPORAL_* variables, TEMPORAL_PROFILE, and the profile file that TEMPORAL_CONFIG_FILE names.',
      ],
      { cause: error },
    );
  }
}

/** Compose files write `TEMPORAL_ADDRESS: ${TEMPORAL_ADDRESS:-}`: an empty setting is none. */
function definedVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    // An empty TEMPORAL_GRPC_META_* has a meaning of its own: it takes the header away.
    if (value !== undefined && (value !== '' || name.startsWith('TEMPORAL_GRPC_META_')))
      defined[name] = value;
  }
  return defined;
}

/**
 * The configured server, checked to answer and to know the namespace. Never another one in its place:
 * completions recorded on the wrong server would be lost to those who look for them.
 * @throws EngineError `unreachable`, `refused` or `namespace`
 */
export async function useConfiguredServer(
  connection: EngineConnection,
  origin: string,
  namespace: string,
  env: NodeJS.ProcessEnv,
): Promise<Engine> {
  const { address } = connection;
  const probe = await probeTemporal(connection, configuredTimeoutMs);
  if (!probe.answers) throw notUsable(address, origin, probe.why, probe.reason);

  await requireNamespace(connection, namespace);
  return {
    source: 'configured',
    address,
    namespace,
    uiUrl: await configuredUi(address, env),
    startedHere: false,
    connection,
    exited: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

async function configuredUi(address: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const named = env['HOLDFAST_TEMPORAL_UI'];
  if (named) return named.replace(/\/+$/, '');
  const target = parseAddress(address);
  if (!target) return null;
  if (/\.(tmprl\.cloud|api\.temporal\.io)$/.test(target.host)) return 'https://cloud.temporal.io';
  return isLoopback(target.host) ? findUi(target.host, target.port) : null;
}

function notUsable(
  address: string,
  origin: string,
  why: 'silent' | 'refused' | 'not-temporal',
  reason: string,
): EngineError {
  switch (why) {
    case 'silent':
      return new EngineError(
        'unreachable',
        `No Temporal server answers at ${address} (${reason}); ${origin} names it.`,
        [
          `Start the server at ${address}, or correct ${origin}.`,
          'Or remove the setting: holdfast up then starts a server of its own.',
        ],
      );
    case 'refused':
      return new EngineError(
        'refused',
        `The Temporal server at ${address} refuses these credentials: ${reason}`,
        ['Check TEMPORAL_API_KEY, or the client certificate, and TEMPORAL_NAMESPACE.'],
      );
    case 'not-temporal':
      return new EngineError(
        'unreachable',
        `Something listens at ${address}, which ${origin} names, but does not answer as Temporal: ${reason}`,
        [
          'Check that this is the gRPC port (7233 as a rule), not the port of the UI.',
          'Check TLS: a server that wants it needs TEMPORAL_TLS=true, a plain one needs it unset; an API key turns it on.',
        ],
      );
  }
}
