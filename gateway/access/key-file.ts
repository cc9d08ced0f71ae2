import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { anyone } from '../request-id.js';

/** A gateway key as it is kept: everything but the key itself. */
const keySchema = z.strictObject({
  /** Public part of the key, by which it is found. */
  id: z.string().regex(/^[a-z0-9]{8}$/),
  /** SHA-256 of the secret part, in hex. The secret is random and long, so a slow hash would protect nothing more. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  owner: z
    .string()
    .min(1)
    .max(100)
    .refine((owner) => owner !== anyone, { message: `"${anyone}" is who asks where there are no keys` }),
  createdAt: z.iso.datetime(),
  /** Not taken from this moment on. */
  expiresAt: z.iso.datetime().exactOptional(),
  revokedAt: z.iso.datetime().exactOptional(),
  /** Id of the key that took its place. */
  rotatedTo: z.string().exactOptional(),
  /** What `model` may be; absent: everything that the config has. */
  allowed: z.array(z.string().min(1)).min(1).exactOptional(),
  requestsPerMinute: z.int().positive().exactOptional(),
  tokensPerMinute: z.int().positive().exactOptional(),
});

export const keyFileSchema = z
  .strictObject({ version: z.literal(1), keys: z.array(keySchema) })
  .refine(({ keys }) => new Set(keys.map(({ id }) => id)).size === keys.length, {
    path: ['keys'],
    message: 'two keys have the same id',
  });

export type GatewayKey = z.output<typeof keySchema>;
export type KeyFile = z.output<typeof keyFileSchema>;

/** What a new key may do. */
export type KeyTerms = Pick<GatewayKey, 'owner'> &
  Partial<Pick<GatewayKey, 'expiresAt' | 'allowed' | 'requestsPerMinute' | 'tokensPerMinute'>>;

/** How a key looks: `hf_1a2b3c4d_<secret>`. */
const keyPattern = /^hf_([a-z0-9]{8})_([A-Za-z0-9_-]{43})$/;

/** A new key: the text that its owner gets, which cannot be had again, and what is kept of it. */
export function newKey(terms: KeyTerms, now: Date): { text: string; kept: GatewayKey } {
  const id = randomBytes(4).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return {
    text: `hf_${id}_${secret}`,
    kept: { id, hash: hashOf(secret), createdAt: now.toISOString(), ...terms },
  };
}

/** The text with all gateway keys in it made unusable: what is told of a request must not hold any. */
export function withoutKeys(text: string): string {
  return text.replaceAll(/\b(hf_[a-z0-9]{8})_[A-Za-z0-9_-]+/g, '$1_…');
}

/** The id of a key, from itself or from the whole key. */
export function keyIdIn(text: string): string {
  return /^hf_([a-z0-9]{8})(_|$)/.exec(text)?.[1] ?? withoutKeys(text);
}

/** Why a key is not taken. */
export type KeyRefusal = 'unknown' | 'expired' | 'revoked';

/** The key that a text stands for, or why it stands for none. Takes as long for a wrong secret as for a right one. */
export function findKey(
  text: string,
  { keys }: Pick<KeyFile, 'keys'>,
  now: Date,
): { key: GatewayKey } | { refusal: KeyRefusal } {
  const [, id, secret = ''] = keyPattern.exec(text) ?? [];
  const key = keys.find((one) => one.id === id);
  const same = timingSafeEqual(
    Buffer.from(hashOf(secret), 'hex'),
    Buffer.from(key?.hash ?? hashOf(''), 'hex'),
  );
  if (key === undefined || !same || secret === '') return { refusal: 'unknown' };
  if (key.revokedAt !== undefined) return { refusal: 'revoked' };
  if (key.expiresAt !== undefined && Date.parse(key.expiresAt) <= now.getTime())
    return { refusal: 'expired' };
  return { key };
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
