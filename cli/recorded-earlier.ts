import { EngineConnection } from '../client/engine-connection.js';
import type { Engine } from '../engine/index.js';
import { clientAddress } from './client-address.js';

/**
 * When the completion of this id was answered, if that was before now: a start under the id then only reads the record.
 * Undefined also where the server does not tell, for that is no reason to disturb the completion.
 */
export async function recordedEarlier(id: string, engine: Engine): Promise<Date | undefined> {
  const connection = new EngineConnection(clientAddress(engine));
  try {
    const { status, closeTime } = await connection.call((client) => client.workflow.getHandle(id).describe());
    return status.name === 'COMPLETED' ? closeTime : undefined;
  } catch {
    return undefined;
  } finally {
    await connection.close();
  }
}

/** Told before the attempts, which look like fresh ones. */
export function recordedInWords(id: string, recordedAt: Date): string {
  const when = recordedAt.toISOString().replace('T', ' ').slice(0, 19);
  return `Completion ${id} was recorded earlier (${when} UTC). This is that answer; no model is called now.`;
}
