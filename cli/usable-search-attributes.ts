import { searchAttributeTypes } from '../contracts/search-attributes.js';
import { missingSearchAttributes, type Engine } from '../engine/index.js';

type OperatorConnection = Parameters<typeof missingSearchAttributes>[0];

/** Whether the workers may write Holdfast's search attributes; tells how to register them where they are missing. */
export async function usableSearchAttributes(
  { address, namespace }: Pick<Engine, 'address' | 'namespace'>,
  connection: OperatorConnection,
  tell: (line: string) => void,
): Promise<boolean> {
  const missing = new Set(await missingSearchAttributes(connection, namespace, searchAttributeTypes));
  if (missing.size === 0) return true;
  const flags = Object.entries(searchAttributeTypes)
    .filter(([name]) => missing.has(name))
    .map(([name, type]) => `--name ${name} --type ${type}`);
  tell(
    `Namespace "${namespace}" at ${address} lacks the search attributes ${[...missing].join(', ')}; ` +
      'completions cannot be searched by them. Register them, then start again: ' +
      `temporal operator search-attribute create --address ${address} --namespace ${namespace} ${flags.join(' ')}`,
  );
  return false;
}
