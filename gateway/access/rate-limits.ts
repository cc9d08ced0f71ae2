/** How long a request or a token counts, in milliseconds. */
const windowMs = 60_000;

/** Uses that began within so many milliseconds are counted together, and as long as the last of them may. */
const slotMs = 1_000;

interface Slot {
  /** Until when it counts, in epoch milliseconds. */
  until: number;
  requests: number;
  tokens: number;
}

export interface RateLimit {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
}

/** Whether a request may begin; else after how many milliseconds one may. */
export type Allowance = { ok: true } | { ok: false; what: 'requests' | 'tokens'; retryAfterMs: number };

/** Counts requests and tokens of the last minute for each key, in this process. */
export class RateLimits {
  /** Oldest slot first. */
  readonly #slots = new Map<string, Slot[]>();

  /** Begins a request where the limits allow it. Tokens are known only afterwards: those of earlier requests count. */
  begin(key: string, { requestsPerMinute, tokensPerMinute }: RateLimit, now: number): Allowance {
    const slots = this.#counting(key, now);
    for (const [what, limit] of [
      ['requests', requestsPerMinute],
      ['tokens', tokensPerMinute],
    ] as const) {
      const freeAt = limit === undefined ? undefined : whenBelow(limit, slots, what);
      if (freeAt !== undefined) return { ok: false, what, retryAfterMs: Math.max(1, freeAt - now) };
    }
    if (requestsPerMinute !== undefined) this.#add(key, { requests: 1, tokens: 0 }, now);
    return { ok: true };
  }

  /** Notes the tokens of a request that has ended. */
  used(key: string, tokens: number, now: number): void {
    this.#add(key, { requests: 0, tokens }, now);
  }

  #add(key: string, { requests, tokens }: Omit<Slot, 'until'>, now: number): void {
    const slots = this.#counting(key, now);
    const last = slots.at(-1);
    if (last !== undefined && now < last.until - windowMs) {
      last.requests += requests;
      last.tokens += tokens;
    } else slots.push({ until: now + slotMs + windowMs, requests, tokens });
    this.#slots.set(key, slots);
  }

  #counting(key: string, now: number): Slot[] {
    const slots = this.#slots.get(key) ?? [];
    const first = slots.findIndex(({ until }) => until > now);
    slots.splice(0, first === -1 ? slots.length : first);
    return slots;
  }
}

/** When so many slots will have ended that less than the limit is left; undefined when that is so already. */
function whenBelow(limit: number, slots: readonly Slot[], what: 'requests' | 'tokens'): number | undefined {
  let left = slots.reduce((sum, slot) => sum + slot[what], 0);
  let freeAt: number | undefined;
  for (const slot of slots) {
    if (left < limit) break;
    left -= slot[what];
    freeAt = slot.until;
  }
  return freeAt;
}
