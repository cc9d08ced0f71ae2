import ms from 'ms';

/** The longest duration there is, in milliseconds (about 24.8 days): a Node timer that waits longer fires at once. */
export const longestDurationMs = 2 ** 31 - 1;

export type ParsedDuration = { ok: true; ms: number } | { ok: false; reason: string };

/** Reads a span of time: a number of milliseconds, or words such as `500ms`, `30s`, `5m`. Never throws. */
export function parseDuration(value: number | string): ParsedDuration {
  const milliseconds = typeof value === 'number' ? value : inWords(value.trim());
  if (milliseconds === undefined || Number.isNaN(milliseconds) || milliseconds <= 0) {
    return { ok: false, reason: 'not a duration above zero: write "500ms", "30s" or "5m"' };
  }
  if (milliseconds > longestDurationMs) {
    return { ok: false, reason: `too long: at most ${longestDurationMs} ms, which is about 24 days` };
  }
  return { ok: true, ms: milliseconds };
}

function inWords(text: string): number | undefined {
  // `ms` reads a bare number as milliseconds too, and says undefined for anything it does not know.
  return /^\d+(\.\d+)?\s*[a-z]*$/i.test(text) ? ms(text as ms.StringValue) : undefined;
}
