import type { Trail } from '../client/index.js';

/** The variable that simulated providers take their key from; nothing real ever does. */
export const simulatedKeyVariable = 'HOLDFAST_SIMULATED_KEY';

/** Whether a simulated provider gave the answer, whichever worker called it: another one may share the task queue. */
export function isSimulated(attempts: Trail): boolean {
  return attempts.some(({ outcome, key }) => outcome === 'success' && key === `env:${simulatedKeyVariable}`);
}
