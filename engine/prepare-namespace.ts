import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import type { EngineConnection } from './engine.js';
import { describeError, EngineError } from './errors.js';
import { createNamespace, namespaceExists } from './namespaces.js';
import { missingSearchAttributes, registerSearchAttributes } from './search-attributes.js';
import { withConnection } from './temporal-probe.js';

const prepareTimeoutMs = 30_000;
const usablePollMs = 100;

/** Creates namespace and search attributes on a local server where they are missing, and resolves when they are usable. */
export async function prepareNamespace(
  connection: EngineConnection,
  namespace: string,
  searchAttributes: Record<string, string>,
  onProgress: (line: string) => void,
): Promise<void> {
  try {
    await withConnection(connection, prepareTimeoutMs, async (open) => {
      if (!(await namespaceExists(open, namespace))) {
        onProgress(`Creating the namespace "${namespace}".`);
        await createNamespace(open, namespace);
        await untilUsable(open, namespace);
      }
      await registerMissing(open, namespace, searchAttributes, onProgress);
    });
  } catch (error) {
    throw new EngineError(
      'namespace',
      `The namespace "${namespace}" could not be prepared on the server at ${connection.address}: ${describeError(error)}`,
      ['Start again; if it stays so, look into the log of that server.'],
      { cause: error },
    );
  }
}

async function registerMissing(
  connection: Connection,
  namespace: string,
  wanted: Record<string, string>,
  onProgress: (line: string) => void,
): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace, wanted);
  if (missing.length === 0) return;
  const attributes = Object.fromEntries(Object.entries(wanted).filter(([name]) => missing.includes(name)));
  const registered = await registerSearchAttributes(connection, namespace, attributes);
  const refused = missing.filter((name) => !registered.includes(name));
  if (refused.length > 0) {
    onProgress(
      `These search attributes could not be registered and will not be used: ${refused.join(', ')}.`,
    );
  }
}

/**
 * The server learns of a new namespace when it next reads its list of them (every two seconds); until then
 * everything in it is refused. Attributes need no such wait: tried on servers 1.29.1 and 1.31.2.
 */
async function untilUsable(connection: Connection, namespace: string): Promise<void> {
  const deadline = Date.now() + prepareTimeoutMs;
  for (;;) {
    try {
      await connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(usablePollMs);
    }
  }
}
