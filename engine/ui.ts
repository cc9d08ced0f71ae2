import { z } from 'zod';
import type { Engine } from './engine.js';

const uiSettings = z.object({ DefaultNamespace: z.string(), Version: z.string() });
const uiTimeoutMs = 1_000;

/** The UI of a local development server, which serves it a thousand ports above its own; null when none answers there. */
export async function findUi(host: string, grpcPort: number): Promise<string | null> {
  const url = `http://${host}:${grpcPort + 1000}`;
  try {
    const response = await fetch(`${url}/api/v1/settings`, { signal: AbortSignal.timeout(uiTimeoutMs) });
    return uiSettings.safeParse(await response.json()).success ? url : null;
  } catch {
    return null;
  }
}

/** Link to a workflow in the Temporal UI, to its latest run when none is given; null when the UI is unknown. */
export function workflowUrl(
  engine: Pick<Engine, 'uiUrl' | 'namespace'>,
  workflowId: string,
  runId?: string,
): string | null {
  if (engine.uiUrl === null) return null;
  const parts = ['namespaces', engine.namespace, 'workflows', workflowId];
  if (runId !== undefined) parts.push(runId, 'history');
  return `${engine.uiUrl}/${parts.map(encodeURIComponent).join('/')}`;
}
