import { isGrpcServiceError, type Connection } from '@temporalio/client';

/** The part of a client's or a worker's connection that is needed here. */
export type OperatorConnection = Pick<Connection, 'operatorService'>;

/** Temporal's names for the types, as its command line spells them, and their numbers on the wire. */
const typeNumbers = new Map<string, number>([
  ['Text', 1],
  ['Keyword', 2],
  ['Int', 3],
  ['Double', 4],
  ['Bool', 5],
  ['Datetime', 6],
  ['KeywordList', 7],
]);

const listTimeoutMs = 5_000;

/**
 * Names of the wanted attributes that a workflow in this namespace cannot use, because they are not
 * registered or have another type. When the server does not tell (no right to ask, or no answer within
 * five seconds) all are missing: a workflow that sets an unregistered attribute would not start at all.
 */
export async function missingSearchAttributes(
  connection: OperatorConnection,
  namespace: string,
  wanted: Record<string, string>,
): Promise<string[]> {
  const names = Object.keys(wanted);
  if (names.length === 0) return [];
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, listTimeoutMs, undefined);
  });
  try {
    const listed = await Promise.race([
      connection.operatorService.listSearchAttributes({ namespace }),
      limit,
    ]);
    if (!listed) return names;
    const registered = { ...listed.systemAttributes, ...listed.customAttributes };
    return names.filter((name) => registered[name] !== typeNumbers.get(wanted[name] ?? ''));
  } catch {
    return names;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Registers these attributes on a local server and returns those that it took. Starting a server with
 * `--search-attribute` gives them only to namespaces it creates, so a kept database needs this too.
 */
export async function registerSearchAttributes(
  connection: OperatorConnection,
  namespace: string,
  attributes: Record<string, string>,
): Promise<string[]> {
  // One by one: an attribute that exists with another type must not keep the others out.
  for (const [name, typeName] of Object.entries(attributes)) {
    const type = typeNumbers.get(typeName);
    if (type === undefined) continue;
    try {
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the SDK does not export this enum
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { [name]: type } });
    } catch (error) {
      if (!isGrpcServiceError(error)) throw error;
    }
  }
  const missing = await missingSearchAttributes(connection, namespace, attributes);
  return Object.keys(attributes).filter((name) => !missing.includes(name));
}
