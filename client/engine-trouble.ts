import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { EngineRefusedError, EngineUnavailableError } from './errors.js';

/** Where a call went: what the words of an error need. */
interface Called {
  address: string;
  namespace: string;
}

const resourceExhausted = 8;

/** Temporal has too much to do, or the namespace used up its share. */
function isResourceExhausted(status: number): boolean {
  return status === resourceExhausted;
}

/** gRPC status codes that say "not now" rather than "no". */
const passing = new Set([
  1 /* CANCELLED: by the server or something in between; the caller's own is told before */,
  2 /* UNKNOWN */,
  4 /* DEADLINE_EXCEEDED */,
  resourceExhausted,
  10 /* ABORTED */,
  13 /* INTERNAL */,
  14 /* UNAVAILABLE */,
  15 /* DATA_LOSS */,
]);

/** Of these, those that a packet lost on the way may show as. */
const lostOnTheWay = new Set([2, 10, 13, 14, 15]);

/** True when asking once more in a moment may well be answered. */
export function isLostOnTheWay(error: unknown): boolean {
  const status = grpcStatus(error);
  return status !== undefined && lostOnTheWay.has(status);
}

/** What to do about a "no", by gRPC status code. */
const remedies = new Map([
  [3 /* INVALID_ARGUMENT */, 'Correct what it names; nothing was changed.'],
  [
    7 /* PERMISSION_DENIED */,
    'Give the credentials access to the namespace, or use others: TEMPORAL_API_KEY.',
  ],
  [12 /* UNIMPLEMENTED */, 'Check that TEMPORAL_ADDRESS leads to a Temporal server, and to one new enough.'],
  [16 /* UNAUTHENTICATED */, 'Check the credentials: apiKey or TEMPORAL_API_KEY, tls or TEMPORAL_TLS*.'],
]);

/** The error of ours for what the client of Temporal threw; undefined when it is no trouble with Temporal itself. */
export function engineTrouble(error: unknown, { address, namespace }: Called): Error | undefined {
  if (isUnknownNamespace(error)) {
    return new EngineRefusedError(
      address,
      error,
      `Create it (temporal operator namespace create --namespace ${namespace}), or set TEMPORAL_NAMESPACE to one that exists.`,
    );
  }
  const status = grpcStatus(error);
  if (status === undefined) return undefined;
  if (isResourceExhausted(status)) return new EngineUnavailableError(address, error, 'limiting');
  if (passing.has(status)) return new EngineUnavailableError(address, error);
  return new EngineRefusedError(address, error, remedies.get(status) ?? `Its gRPC status is ${status}.`);
}

/** As {@link engineTrouble}, for making a connection, where whatever happens is trouble with Temporal. */
export function connectTrouble(error: unknown, called: Called): Error {
  // The client of Temporal says so of settings that contradict each other.
  if (error instanceof TypeError) {
    return new EngineRefusedError(called.address, error, 'Correct the settings of the connection.');
  }
  return engineTrouble(error, called) ?? new EngineUnavailableError(called.address, error);
}

/** The gRPC status behind an error of the Temporal client, which wraps it once. */
export function grpcStatus(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && isGrpcServiceError(error.cause) ? error.cause.code : undefined;
}

function isUnknownNamespace(error: unknown): boolean {
  if (error instanceof NamespaceNotFoundError) return true;
  // A server that sends no details with it.
  return error instanceof WorkflowNotFoundError && /^namespace\b.*\bnot found/i.test(error.message);
}
