import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { EngineConnection } from './engine.js';
import { EngineError } from './errors.js';
import { grpcCode, grpcStatus } from './grpc-status.js';
import { withConnection } from './temporal-probe.js';

/** false only when the server says so; a server that does not tell is believed to know the namespace. */
export async function namespaceExists(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch (error) {
    return grpcCode(error) !== grpcStatus.notFound;
  }
}

/** Enough for a server far away that has just answered. */
const describeTimeoutMs = 5_000;

/**
 * Makes sure that a server that answers knows the namespace.
 * @param remedies what else to do than to create it by hand or to name another
 * @throws EngineError `namespace` when the server says that there is none
 */
export async function requireNamespace(
  connection: EngineConnection,
  namespace: string,
  remedies: string[] = [],
): Promise<void> {
  const { address } = connection;
  const exists = await withConnection(connection, describeTimeoutMs, (open) =>
    namespaceExists(open, namespace),
  );
  if (exists) return;
  throw new EngineError('namespace', `The Temporal server at ${address} has no namespace "${namespace}".`, [
    `Create it: temporal operator namespace create --address ${address} --namespace ${namespace}`,
    ...remedies,
    'Or set TEMPORAL_NAMESPACE to one that exists.',
  ]);
}

/** Creates a namespace on a local server. One that someone else just created is as good. */
export async function createNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('3 days'),
    });
  } catch (error) {
    if (grpcCode(error) !== grpcStatus.alreadyExists) throw error;
  }
}
