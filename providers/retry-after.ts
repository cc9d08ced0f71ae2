/**
 * How long the provider asks to be left alone, in milliseconds, never below 1: Temporal reads a delay of 0 as none.
 * `retry-after-ms` (OpenAI, Azure) before `retry-after`, which is seconds or an HTTP date (RFC 9110, 10.2.3).
 * @param receivedAt Epoch milliseconds; used for dates where the response carries no `Date` of its own clock.
 */
export function retryAfterMs(headers: Headers, receivedAt: number): number | undefined {
  const inMs = number(headers.get('retry-after-ms'));
  if (inMs !== undefined) return atLeastOne(inMs);
  const value = headers.get('retry-after');
  const inSeconds = number(value);
  if (inSeconds !== undefined) return atLeastOne(inSeconds * 1000);
  const until = Date.parse(value ?? '');
  if (Number.isNaN(until)) return undefined;
  const said = Date.parse(headers.get('date') ?? '');
  return atLeastOne(until - (Number.isNaN(said) ? receivedAt : said));
}

function number(value: string | null): number | undefined {
  return value !== null && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

const atLeastOne = (ms: number): number => Math.max(1, Math.ceil(ms));
