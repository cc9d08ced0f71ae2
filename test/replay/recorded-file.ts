import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { CompletionKit } from '../support/completion-kit.js';

/** Whether there is a recorded history of this name. */
export function isRecorded(name: string): boolean {
  return existsSync(fileOf(name));
}

/** Writes the history of a workflow beside this file. */
export async function save({ temporal }: CompletionKit, name: string, workflowId: string): Promise<void> {
  const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
  await writeFile(fileOf(name), `${withoutMachine(historyToJSON(history))}\n`);
}

const fileOf = (name: string): URL => new URL(`${name}.json`, import.meta.url);

/** Stack traces name folders of the machine that recorded them, identities its name; replay reads neither. */
function withoutMachine(json: string): string {
  const stackless: unknown = JSON.parse(json, (name, value: unknown) => (name === 'stackTrace' ? '' : value));
  return JSON.stringify(stackless).replaceAll(`@${hostname()}`, '@vm');
}
