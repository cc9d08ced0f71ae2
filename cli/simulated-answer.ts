import type { Trail } from '../client/index.js';

/** The variable that simulated providers take their key from; nothing real ever does. */
export const simulatedKeyVariable = 'HOLDFAST_SIMULATED_KEY';

/** Whether simulated providers took part, whichever worker called them: another one may share the task queue. */
export function isSimulated(attempts: Trail): boolean {
  return attempts.some(({ key }) => key === `env:${simulatedKeyVariable}`);
}
