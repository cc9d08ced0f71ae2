import { createHash, randomUUID } from 'node:crypto';

const usable = /^[\x21-\x7e]{1,200}$/;

/** The caller's id of the request where it can be a header of the response, else a new one. */
export function requestIdOf(given: string | undefined): string {
  return given !== undefined && usable.test(given) ? given : randomUUID();
}

/** Longest idempotency key that is taken, in characters. */
export const longestKey = 255;

/** Whose completions are where the gateway asks for no keys. */
export const anyone = 'anyone';

/** A new completion of an owner; with an idempotency key, the same for the same owner and key, and nobody's guess. */
export function completionIdFor(owner: string, key: string | undefined): string {
  if (key === undefined) return `${beginningFor(owner)}${randomUUID()}`;
  return `${beginningFor(owner)}key-${sha256(JSON.stringify([owner, key])).slice(0, 40)}`;
}

/** Whether a completion was started through the gateway by this owner; the id says it, nothing is looked up. */
export function belongsTo(owner: string, id: string): boolean {
  return id.startsWith(beginningFor(owner));
}

const beginningFor = (owner: string): string => `gw-${sha256(owner).slice(0, 12)}-`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
