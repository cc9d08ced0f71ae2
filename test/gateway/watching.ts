import { onTestFinished } from 'vitest';
import type { EngineConnection } from '../../client/engine-connection.js';
import { EngineUnavailableError } from '../../client/index.js';
import {
  connectionForWatch,
  createEngineWatch,
  type EngineWatch,
  type EngineWatchOptions,
} from '../../gateway/engine-watch.js';

export const namespace = 'default';
const often = { everyMs: 100, failingEveryMs: 50 };
/** So seldom that no test sees a second probe unless something asks for it. */
export const seldom = { everyMs: 3_600_000, failingEveryMs: 3_600_000 };
export const patience = { timeout: 20_000 };
export const away = new EngineUnavailableError('there', new Error('refused'));

export function watch(options: Partial<EngineWatchOptions>): EngineWatch {
  const watching = createEngineWatch({
    probe: () => Promise.resolve(),
    pollers: () => Promise.resolve(1),
    now: Date.now,
    random: Math.random,
    ...often,
    ...options,
  });
  onTestFinished(() => watching.stop());
  return watching;
}

export function connect(address: string): EngineConnection {
  const connection = connectionForWatch({ address, namespace });
  onTestFinished(() => connection.close());
  return connection;
}
