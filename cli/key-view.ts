import { stateOf } from '../gateway/access/key-changes.js';
import type { GatewayKey } from '../gateway/access/key-file.js';
import type { Output } from './terminal.js';

const titles = ['id', 'owner', 'state', 'made', 'expires', 'may ask for', 'per minute'] as const;

/** Keys as a table; nothing in it helps to use one. */
export function keyTable(keys: readonly GatewayKey[], now: Date, colors: Output['colors']): string {
  const rows = keys.map((key) => [
    key.id,
    key.owner,
    stateOf(key, now),
    dayOf(key.createdAt),
    key.expiresAt === undefined ? 'never' : dayOf(key.expiresAt),
    key.allowed?.join(', ') ?? 'everything',
    limitsOf(key),
  ]);
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const inColumns = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [colors.dim(inColumns(titles)), ...rows.map(inColumns)].join('\n');
}

/** A key for programs: everything that is kept of it but its hash. */
export function keyAsJson(key: GatewayKey, now: Date): Record<string, unknown> {
  return {
    id: key.id,
    owner: key.owner,
    state: stateOf(key, now),
    createdAt: key.createdAt,
    expiresAt: key.expiresAt ?? null,
    revokedAt: key.revokedAt ?? null,
    rotatedTo: key.rotatedTo ?? null,
    allowed: key.allowed ?? null,
    requestsPerMinute: key.requestsPerMinute ?? null,
    tokensPerMinute: key.tokensPerMinute ?? null,
  };
}

/** What a key may do, in a few words. */
export function termsInWords(key: GatewayKey): string {
  const limits = limitsOf(key);
  return [
    `may ask for ${key.allowed?.join(', ') ?? 'everything'}`,
    key.expiresAt === undefined ? 'does not expire' : `expires ${timeOf(key.expiresAt)}`,
    limits === '' ? 'without a limit' : `${limits} a minute`,
  ].join('; ');
}

/** A recorded time to the second. */
export const timeOf = (time: string): string => `${time.slice(0, 19)}Z`;

const dayOf = (time: string): string => time.slice(0, 10);

function limitsOf({ requestsPerMinute, tokensPerMinute }: GatewayKey): string {
  return [
    ...(requestsPerMinute === undefined ? [] : [`${String(requestsPerMinute)} requests`]),
    ...(tokensPerMinute === undefined ? [] : [`${String(tokensPerMinute)} tokens`]),
  ].join(', ');
}
