import { readFile, stat } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { EngineConnection } from '../client/engine-connection.js';
import { completionWorkflowType } from '../contracts/completion.js';
import { findEngine } from '../engine/index.js';
import { clientAddress } from './client-address.js';
import { wrongUse } from './command-error.js';
import { describeCompletion } from './read-completion.js';

export type History = ReturnType<typeof historyFromJSON>;

/** The history of a completion, with the id it ran under. */
export interface RecordedHistory {
  id: string;
  history: History;
  events: number;
}

/**
 * From a file where there is one of that name, from the server otherwise.
 * @throws CommandError, CompletionNotFoundError, EngineError
 */
export async function readHistory(source: string, env: NodeJS.ProcessEnv): Promise<RecordedHistory> {
  const found = await stat(source).catch(() => undefined);
  if (found?.isFile()) return historyFromFile(source);
  if (/\.json$|[/\\]/i.test(source)) {
    throw wrongUse(`There is no file ${source}.`, [
      'Save a history: temporal workflow show --workflow-id <id> --output json > history.json',
    ]);
  }
  return historyFromServer(source, env);
}

async function historyFromServer(id: string, env: NodeJS.ProcessEnv): Promise<RecordedHistory> {
  const connection = new EngineConnection(clientAddress(await findEngine({ env })));
  try {
    await describeCompletion(id, connection);
    const history = await connection.call((client) => client.workflow.getHandle(id).fetchHistory());
    return { id, history, events: history.events?.length ?? 0 };
  } finally {
    await connection.close();
  }
}

async function historyFromFile(file: string): Promise<RecordedHistory> {
  const history = parseHistory(await readFile(file, 'utf8'), file);
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (started === undefined || started === null) {
    throw wrongUse(`${file} is no workflow history: its first event is not the start of a workflow.`);
  }
  const type = started.workflowType?.name ?? 'unknown';
  if (type !== completionWorkflowType) {
    throw wrongUse(`${file} is the history of a workflow of type "${type}", not of a completion.`);
  }
  return { id: started.workflowId ?? 'replay', history, events: history.events?.length ?? 0 };
}

/** Temporal's CLI writes `{"events": [...]}`; some versions of the UI download the list alone. */
function parseHistory(text: string, file: string): History {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrongUse(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return historyFromJSON(Array.isArray(value) ? { events: value } : value);
  } catch (error) {
    throw wrongUse(
      `${file} is no workflow history: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
