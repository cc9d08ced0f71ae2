import { readFile, stat } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { z } from 'zod';
import { EngineConnection } from '../client/engine-connection.js';
import { completionWorkflowType } from '../contracts/completion.js';
import { findEngine } from '../engine/index.js';
import { clientAddress } from './client-address.js';
import { wrongUse } from './command-error.js';
import { describeCompletion } from './read-completion.js';

const events = z.array(z.unknown());

/** Temporal's CLI writes `{"events": [...]}`, some versions of the UI the list alone, and the server's HTTP API a page. */
const savedHistory = z.union([
  z.object({ events }).transform(({ events }) => ({ events, nextPageToken: undefined })),
  events.transform((events) => ({ events, nextPageToken: undefined })),
  z
    .object({ history: z.object({ events }), nextPageToken: z.string().nullish() })
    .transform(({ history, nextPageToken }) => ({ events: history.events, nextPageToken })),
]);

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
    throw wrongUse(`There is no file ${source}.`, [howToSave]);
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
    throw wrongUse(`${file} is no workflow history: its first event is not the start of a workflow.`, [
      howToSave,
    ]);
  }
  const type = started.workflowType?.name ?? 'unknown';
  if (type !== completionWorkflowType) {
    throw wrongUse(`${file} is the history of a workflow of type "${type}", not of a completion.`);
  }
  return { id: started.workflowId ?? 'replay', history, events: history.events?.length ?? 0 };
}

const howToSave = 'Save a history: temporal workflow show --workflow-id <id> --output json > history.json';

function parseHistory(text: string, file: string): History {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrongUse(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, [
      howToSave,
    ]);
  }
  const saved = savedHistory.safeParse(value).data;
  if (saved === undefined) throw wrongUse(`${file} is no workflow history.`, [howToSave]);
  if (saved.nextPageToken) {
    throw wrongUse(`${file} is only a part of a history: the server had more pages.`, [howToSave]);
  }
  try {
    return historyFromJSON({ events: saved.events });
  } catch (error) {
    throw wrongUse(
      `${file} is no workflow history: ${error instanceof Error ? error.message : String(error)}`,
      [howToSave],
    );
  }
}
