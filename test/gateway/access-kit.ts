import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Access } from '../../gateway/access/access.js';
import { addKey, revokeKey } from '../../gateway/access/key-changes.js';
import type { GatewayKey, KeyTerms } from '../../gateway/access/key-file.js';
import { changeKeyFile } from '../../gateway/access/key-storage.js';
import { KeysInForce } from '../../gateway/access/keys-in-force.js';
import { createGateway } from '../../gateway/app.js';
import { startServer } from '../../gateway/server.js';
import type { CompletionKit } from '../support/completion-kit.js';
import { startGatewayKit } from './gateway-kit.js';

/** A gateway that asks for keys, on a port of its own, and one that does not, in front of the same worker. */
export interface AccessKit {
  kit: CompletionKit;
  url: string;
  /** The one without keys. */
  openUrl: string;
  keyFile: string;
  /** Everything that the gateway told besides its responses. */
  warnings: string[];
  /** A key that is in force. */
  make(terms: KeyTerms): Promise<{ text: string; key: GatewayKey }>;
  revoke(key: GatewayKey): Promise<void>;
  /** Resolves when the gateway answers a key with this status. */
  until(text: string, status: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startAccessKit(): Promise<AccessKit> {
  const open = await startGatewayKit();
  const { kit, options, warnings } = open;
  const keyFile = path.join(tmpdir(), `holdfast-keys-${randomUUID()}.json`);
  await writeFile(keyFile, '{"version":1,"keys":[]}');
  const keys = await KeysInForce.open(keyFile, {
    intervalMs: 20,
    onRefused: (reason) => warnings.push(reason),
  });
  const guarded = createGateway({ ...options, access: new Access(keys) });
  const server = await startServer({ fetch: guarded.fetch, port: 0 });
  const access: AccessKit = {
    kit,
    url: server.url,
    openUrl: open.url,
    keyFile,
    warnings,
    make: async (terms) => {
      const made = await changeKeyFile(keyFile, (file) => addKey(file, terms, new Date()), { create: false });
      if (terms.expiresAt === undefined || Date.parse(terms.expiresAt) > Date.now()) {
        await access.until(made.text, 200);
      }
      return made;
    },
    revoke: async (key) => {
      await changeKeyFile(keyFile, (file) => revokeKey(file, key, new Date()), { create: false });
    },
    until: async (text, status) => {
      const headers = { authorization: `Bearer ${text}` };
      for (;;) {
        const response = await fetch(`${server.url}/v1/models`, { headers });
        await response.body?.cancel();
        if (response.status === status) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    stop: async () => {
      keys.close();
      await server.stop(500);
      await open[Symbol.asyncDispose]();
      await rm(keyFile, { force: true });
    },
  };
  return access;
}
