import { newKey, type GatewayKey, type KeyFile, type KeyTerms } from './key-file.js';

/** A new key in a file: the file with it, and the text that its owner gets. */
export interface Created {
  file: KeyFile;
  text: string;
  key: GatewayKey;
}

export function addKey(file: KeyFile, terms: KeyTerms, now: Date): Created {
  let made = newKey(terms, now);
  while (file.keys.some(({ id }) => id === made.kept.id)) made = newKey(terms, now);
  return { file: { ...file, keys: [...file.keys, made.kept] }, text: made.text, key: made.kept };
}

/** What a key is at a moment. */
export function stateOf(
  { revokedAt, expiresAt }: Pick<GatewayKey, 'revokedAt' | 'expiresAt'>,
  now: Date,
): 'active' | 'expired' | 'revoked' {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime() ? 'expired' : 'active';
}

/** The file in which a key is revoked; one that was revoked before stays as it is. */
export function revokeKey(file: KeyFile, key: GatewayKey, now: Date): { file: KeyFile; key: GatewayKey } {
  const revoked = { ...key, revokedAt: key.revokedAt ?? now.toISOString() };
  return { file: replaced(file, revoked), key: revoked };
}

/**
 * A new key with the terms of another, for as long a life; the old one is taken for `graceMs` more, or until it expires
 * anyway.
 */
export function rotateKey(
  file: KeyFile,
  old: GatewayKey,
  graceMs: number,
  now: Date,
): Created & { old: GatewayKey } {
  const { owner, allowed, requestsPerMinute, tokensPerMinute, createdAt, expiresAt } = old;
  const lifeMs = expiresAt === undefined ? undefined : Date.parse(expiresAt) - Date.parse(createdAt);
  const terms: KeyTerms = {
    owner,
    ...(lifeMs === undefined ? {} : { expiresAt: new Date(now.getTime() + lifeMs).toISOString() }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
  };
  const created = addKey(file, terms, now);
  const graceEnds = Math.min(
    now.getTime() + graceMs,
    expiresAt === undefined ? Infinity : Date.parse(expiresAt),
  );
  const ending = { ...old, expiresAt: new Date(graceEnds).toISOString(), rotatedTo: created.key.id };
  return { ...created, file: replaced(created.file, ending), old: ending };
}

function replaced(file: KeyFile, key: GatewayKey): KeyFile {
  return { ...file, keys: file.keys.map((one) => (one.id === key.id ? key : one)) };
}
