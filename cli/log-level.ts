import { levels } from 'pino';
import { wrongUse } from './command-error.js';

/** The level that HOLDFAST_LOG_LEVEL names, or else the given one. @throws CommandError for an unknown name */
export function logLevel(env: NodeJS.ProcessEnv, otherwise: string): string {
  const level = env['HOLDFAST_LOG_LEVEL'];
  if (!level) return otherwise;
  const known = [...Object.values(levels.labels), 'silent'];
  if (known.includes(level)) return level;
  throw wrongUse(`HOLDFAST_LOG_LEVEL is "${level}"; it can be ${known.join(', ')}.`);
}
