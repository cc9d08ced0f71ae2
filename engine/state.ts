import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const processRecord = z.object({ pid: z.number().int().positive(), identity: z.string() });

const engineState = z.object({
  server: processRecord,
  /** the Holdfast process that started or adopted the server, and stops it */
  owner: processRecord,
  address: z.string(),
  uiUrl: z.string().nullable(),
  databasePath: z.string(),
  logPath: z.string(),
});

/** What is written down about the server that has a database open, next to that database. */
export type EngineState = z.infer<typeof engineState>;

export function statePath(databasePath: string): string {
  return `${databasePath}.engine.json`;
}

/** The state last written for this database; undefined when there is none, or none that can be read. */
export async function readState(databasePath: string): Promise<EngineState | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(statePath(databasePath), 'utf8'));
    return engineState.safeParse(content).data;
  } catch {
    return undefined;
  }
}

export async function writeState(state: EngineState): Promise<void> {
  const path = statePath(state.databasePath);
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, JSON.stringify(state, null, 2), { mode: 0o600 });
  await rename(temporary, path);
}

/** Forgets a server, unless another one was written down since. */
export async function removeState(databasePath: string, serverPid: number): Promise<void> {
  const state = await readState(databasePath);
  if (!state || state.server.pid === serverPid) await rm(statePath(databasePath), { force: true });
}
