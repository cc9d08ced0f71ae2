import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Setup } from '../activities/index.js';
import type { ConfigSource, LoadedConfig } from '../config/load.js';
import { watchConfig } from '../config/watch.js';
import { createSetup } from './setup.js';

export interface LiveSetup {
  /** The setup in force. Completions under way keep the route that they have. */
  current: () => Setup;
  /** Ends the watching. */
  stop: () => void;
}

/**
 * The setup of a config, replaced when its file changes or on SIGHUP; the files of its hooks are then loaded anew. A
 * config that cannot be used, or a hook of it that cannot be loaded, is refused with the reason; what was in force
 * stays.
 * @param source Where the config came from; absent: it never changes.
 * @throws HookError when a hook of the first config cannot be loaded
 */
export async function createLiveSetup(
  config: LoadedConfig,
  logger: Logger,
  source?: ConfigSource,
): Promise<LiveSetup> {
  let setup = await createSetup(config);
  const watching = new AbortController();
  const replace = async (changed: LoadedConfig): Promise<void> => {
    setup = await createSetup(changed, randomUUID());
    for (const notice of changed.notices ?? []) logger.warn(notice);
    logger.info({ configHash: changed.hash }, 'the changed config is in force');
  };
  if (source !== undefined) {
    watchConfig(source, {
      current: config,
      onChange: replace,
      onRefused: (reason) => logger.error({ reason }, 'the changed config is not used'),
      signal: watching.signal,
    });
  }
  return { current: () => setup, stop: () => watching.abort() };
}
