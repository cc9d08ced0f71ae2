import { stat } from 'node:fs/promises';
import { findKey, type GatewayKey, type KeyFile, type KeyRefusal } from './key-file.js';
import { readKeyFile } from './key-storage.js';

export interface KeyWatching {
  /** Told once why a changed file cannot be used; the keys before it stay in force. */
  onRefused: (reason: string) => void;
  /** How often the file is looked at, in milliseconds; 1 s when absent. */
  intervalMs?: number;
}

/** The keys of a file as they are at the moment: a key that is made or revoked counts about a second later. */
export class KeysInForce {
  #file: KeyFile;
  #seen: string;
  /** Why the file cannot be used at present. */
  #trouble: string | undefined;
  readonly #timer: NodeJS.Timeout;

  /** @throws KeyFileError when the file is missing or not usable */
  static async open(file: string, watching: KeyWatching): Promise<KeysInForce> {
    const seen = await fingerprintOf(file);
    return new KeysInForce(file, await readKeyFile(file), seen, watching);
  }

  private constructor(
    private readonly path: string,
    file: KeyFile,
    seen: string,
    { onRefused, intervalMs = 1_000 }: KeyWatching,
  ) {
    this.#file = file;
    this.#seen = seen;
    let looking = false;
    this.#timer = setInterval(() => {
      if (looking) return;
      looking = true;
      void this.#look(onRefused).finally(() => {
        looking = false;
      });
    }, intervalMs);
    this.#timer.unref();
  }

  /** The key that a text stands for, or why it is not taken. */
  find(text: string, now: Date): { key: GatewayKey } | { refusal: KeyRefusal } {
    return findKey(text, this.#file, now);
  }

  /** Ends the watching. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #look(onRefused: (reason: string) => void): Promise<void> {
    const now = await fingerprintOf(this.path);
    if (now === this.#seen) {
      // An editor may have been half-way at the last look; now it is done.
      if (this.#trouble !== undefined) onRefused(this.#trouble);
      this.#trouble = undefined;
      return;
    }
    this.#seen = now;
    try {
      this.#file = await readKeyFile(this.path);
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
    }
  }
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
