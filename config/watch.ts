import { stat } from 'node:fs/promises';
import { filesToWatch, loadConfig, type ConfigSource, type LoadedConfig } from './load.js';

export interface ConfigWatcher {
  /** The config in force; one with the same hash is told again only on SIGHUP, and for its hooks. */
  current: LoadedConfig;
  /**
   * Told of each new config, one after the other: the next one waits until this is done. What it rejects with is the
   * reason for a refusal; the config is then tried again at its next change or SIGHUP.
   */
  onChange: (config: LoadedConfig) => Promise<void>;
  /** Told why a new config cannot be used; the one before it stays. */
  onRefused: (reason: string) => void;
  /** Ends the watching. */
  signal: AbortSignal;
  /** How often the file is looked at, in milliseconds; 1 s when absent. */
  intervalMs?: number;
}

/**
 * Watches the file that a config came from, and SIGHUP. The file is looked at rather than subscribed to: that works
 * on network shares, with mounted folders and where an editor puts another file in its place. It is read once it has
 * stayed the same from one look to the next; after SIGHUP, at once.
 */
export function watchConfig(source: ConfigSource, watcher: ConfigWatcher): void {
  const { onChange, onRefused, signal, intervalMs = 1_000 } = watcher;
  let { hash, file } = watcher.current;
  let refused: string | undefined;
  let pending = Promise.resolve();

  /** @param asked On SIGHUP: the modules of hooks may have changed although the config has not. */
  const load = async (asked: boolean): Promise<void> => {
    try {
      // A file that was there and is gone is no wish for the shipped config.
      const loaded = await loadConfig(file === undefined ? source : { ...source, file });
      if (signal.aborted) return;
      file = loaded.file;
      const hooksMayDiffer = asked && loaded.config.hooks !== undefined;
      if (loaded.hash !== hash || hooksMayDiffer) await onChange(loaded);
      hash = loaded.hash;
      refused = undefined;
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
    }
  };

  const refuse = (reason: string): void => {
    if (signal.aborted || reason === refused) return;
    refused = reason;
    onRefused(reason);
  };

  let read: string | undefined;
  let seen: string | undefined;
  const look = async (): Promise<void> => {
    const files = file === undefined ? await filesToWatch(source) : [file];
    const now = (await Promise.all(files.map(fingerprintOf))).join('\n');
    // At the first look it is not known whether the file changed since it was loaded.
    const settled = now === seen;
    seen = now;
    if (!settled || now === read) return;
    read = now;
    await load(false);
  };

  const inTurn = (step: () => Promise<void>): void => {
    pending = pending.then(() => (signal.aborted ? undefined : step()));
  };
  const hangUp = (): void => {
    refused = undefined;
    inTurn(() => load(true));
  };
  const timer = setInterval(() => inTurn(look), intervalMs);
  timer.unref();
  process.on('SIGHUP', hangUp);
  const end = (): void => {
    clearInterval(timer);
    process.off('SIGHUP', hangUp);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}

/** Changes with the file: with its content, and when another file takes its place. */
async function fingerprintOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return 'absent';
  }
}
