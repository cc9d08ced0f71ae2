import type { EngineConnection } from './engine.js';
import { describeError, EngineError } from './errors.js';
import { createNamespace, namespaceExists } from './namespaces.js';
import { registerSearchAttributes } from './search-attributes.js';
import { withConnection } from './temporal-probe.js';

const prepareTimeoutMs = 15_000;

/** Creates namespace and search attributes on a local server where they are missing. */
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
      }
      const missing = await registerSearchAttributes(open, namespace, searchAttributes);
      if (missing.length > 0) {
        onProgress(
          `These search attributes could not be registered and will not be used: ${missing.join(', ')}.`,
        );
      }
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
