import { checkRequest } from '../client/request.js';
import type { CompletionRequest } from '../client/index.js';
import type { LoadedConfig } from '../config/load.js';
import { resolveRoute } from '../config/route.js';
import { CommandError } from './command-error.js';
import { exitCodes } from './exit-codes.js';

/**
 * Refuses a request that no worker with this config would take, before anything is started. Keys are not looked at:
 * they are the workers' business.
 * @throws CommandError for an unknown model, chain or strategy; InvalidRequestError for any other fault
 */
export function requireKnownNames(request: CompletionRequest, { config, hash, file }: LoadedConfig): void {
  const routing = resolveRoute(checkRequest(request).input, config, {
    configHash: hash,
    searchAttributes: false,
    unusable: () => undefined,
  });
  if (routing.ok) return;
  throw new CommandError('invalid_request', exitCodes.invalid, `${routing.refusal.message}.`, [
    file === undefined
      ? 'That is the config shipped with Holdfast; one of your own is given with --config, or as ./holdfast.yaml.'
      : `The config is ${file}.`,
  ]);
}
