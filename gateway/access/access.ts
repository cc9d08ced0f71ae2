import type { Config } from '../../config/schema.js';
import { invalid, type Problem } from '../problem.js';
import { targetOf } from '../target.js';
import { withoutKeys, type GatewayKey, type KeyRefusal } from './key-file.js';
import type { KeysInForce } from './keys-in-force.js';
import { RateLimits } from './rate-limits.js';

/** Who may use the gateway, what they may ask for, and how much of it. */
export class Access {
  readonly #limits = new RateLimits();

  constructor(private readonly keys: Pick<KeysInForce, 'find'>) {}

  /** The key that a request comes with. */
  identify(
    headers: Pick<Headers, 'get'>,
    now = Date.now(),
  ): { ok: true; key: GatewayKey } | { ok: false; problem: Problem } {
    const text = keyIn(headers);
    if (text === undefined)
      return { ok: false, problem: unauthorized('there is no gateway key in the request') };
    const found = this.keys.find(text, new Date(now));
    if ('key' in found) return { ok: true, key: found.key };
    return { ok: false, problem: unauthorized(refusals[found.refusal]) };
  }

  /** Begins a completion within the limits of the key; else why it has to wait. */
  begin({ id, ...limits }: GatewayKey, now = Date.now()): Problem | undefined {
    const allowance = this.#limits.begin(id, limits, now);
    if (allowance.ok) return undefined;
    const { what, retryAfterMs } = allowance;
    const most = what === 'requests' ? limits.requestsPerMinute : limits.tokensPerMinute;
    return {
      status: 429,
      type: 'rate_limit_error',
      code: what === 'requests' ? 'requests_per_minute' : 'tokens_per_minute',
      message: `this gateway key has used its ${String(most)} ${what} a minute; ask again after the time in Retry-After`,
      retryAfterMs,
      passes: true,
    };
  }

  /** Notes the tokens of a completion that has ended. */
  used({ id, tokensPerMinute }: GatewayKey, tokens: number, now = Date.now()): void {
    if (tokensPerMinute !== undefined) this.#limits.used(id, tokens, now);
  }
}

/**
 * Whether a key may ask for what a name stands for: however it is written, what it resolves to is compared. A key for
 * some targets may not ask for a name that the config does not have either: it is not told what there is.
 */
export function mayAsk(
  { allowed }: Pick<GatewayKey, 'allowed'>,
  name: string,
  config: Pick<Config, 'models' | 'chains' | 'strategies'>,
): boolean {
  if (allowed === undefined) return true;
  const asked = resolved(name, config);
  return asked !== undefined && allowed.some((one) => resolved(one, config) === asked);
}

/** Why a name is refused to a key. */
export function notAllowed(name: string, { allowed = [] }: Pick<GatewayKey, 'allowed'>): Problem {
  const message = `this gateway key may not ask for ${JSON.stringify(withoutKeys(name.slice(0, 100)))}; it may for: ${allowed.join(', ')}`;
  return { ...invalid(message, 'model', 403, 'model_not_allowed'), type: 'permission_error' };
}

function resolved(
  name: string,
  config: Pick<Config, 'models' | 'chains' | 'strategies'>,
): string | undefined {
  const target = targetOf(name, config);
  return target === undefined ? undefined : JSON.stringify(target);
}

/** OpenAI's clients send `Authorization: Bearer`, Anthropic's `x-api-key`; where both are there, the one of ours. */
function keyIn(headers: Pick<Headers, 'get'>): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '') ?? [];
  const sent = [bearer, headers.get('x-api-key') ?? undefined].filter((text) => text !== undefined);
  return sent.find((text) => text.startsWith('hf_')) ?? sent[0];
}

const refusals: Record<KeyRefusal, string> = {
  unknown: 'this is no key of this gateway',
  expired: 'this gateway key has expired',
  revoked: 'this gateway key was revoked',
};

function unauthorized(what: string): Problem {
  return {
    status: 401,
    type: 'authentication_error',
    code: 'invalid_api_key',
    message:
      `${what}. Send one as "Authorization: Bearer hf_…" or as x-api-key; whoever runs the gateway makes it with ` +
      '"holdfast keys create --owner <name>"',
    passes: false,
  };
}
