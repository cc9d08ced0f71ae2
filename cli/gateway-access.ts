import type { Logger } from 'pino';
import type { LoadedConfig } from '../config/load.js';
import { Access } from '../gateway/access/access.js';
import { KeyFileError } from '../gateway/access/key-storage.js';
import { keyFileOf } from '../gateway/access/key-place.js';
import { KeysInForce } from '../gateway/access/keys-in-force.js';
import { withoutKeysOn } from '../gateway/access/open-gateway.js';
import { CommandError } from './command-error.js';
import { exitCodes } from './exit-codes.js';

/** Who may use a gateway. */
export type GatewayAccess =
  | { access: Access; close: () => void }
  /** Everybody who reaches it, which is to be told. */
  | { access?: undefined; notice: string; close: () => void };

/**
 * The keys that the config names, as they change; without any, only this machine may reach the gateway.
 * @throws CommandError where the file cannot be used, or the host would let others in without keys
 */
export async function openAccess(config: LoadedConfig, host: string, logger: Logger): Promise<GatewayAccess> {
  const file = keyFileOf(config);
  if (file === undefined) {
    const open = withoutKeysOn(host);
    if (open.allowed) return { notice: open.sentence, close: () => undefined };
    throw new CommandError('open_gateway', exitCodes.invalid, open.reason);
  }
  const keys = await KeysInForce.open(file, {
    onRefused: (reason) => logger.error({ reason }, 'the changed gateway keys are not used'),
  }).catch((error: unknown) => {
    if (!(error instanceof KeyFileError)) throw error;
    throw new CommandError('gateway_keys', exitCodes.invalid, error.message);
  });
  return { access: new Access(keys), close: () => keys.close() };
}
