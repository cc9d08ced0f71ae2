import { isIPv4 } from 'node:net';

/** Whether a gateway without keys may listen on a host; what to tell either way. */
export type Openness = { allowed: true; sentence: string } | { allowed: false; reason: string };

/** A gateway without keys serves whoever reaches it: that may only be this machine. */
export function withoutKeysOn(host: string): Openness {
  if (isThisMachine(host)) {
    return {
      allowed: true,
      sentence: `No gateway keys: only this machine can reach the gateway (${host}), and everyone on it may use it.`,
    };
  }
  return {
    allowed: false,
    reason:
      `The gateway would be open to everyone who reaches ${host}: it has no keys. Make one with ` +
      '"holdfast keys create --owner <name>" and name its file in the config as gateway.keys, or set gateway.host to 127.0.0.1.',
  };
}

/** Whether a page of another site asks: a browser sends its origin. Pages of this machine are no strangers. */
export function isForeignPage(origin: string | null): boolean {
  if (origin === null) return false;
  return !URL.canParse(origin) || !isThisMachine(new URL(origin).hostname);
}

/** Stricter than a look at the beginning: `127.example.com` is anybody's. */
function isThisMachine(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}
