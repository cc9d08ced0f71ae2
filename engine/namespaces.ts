import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { grpcCode, grpcStatus } from './grpc-status.js';

/** false only when the server says so; a server that does not tell is believed to know the namespace. */
export async function namespaceExists(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch (error) {
    return grpcCode(error) !== grpcStatus.notFound;
  }
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
