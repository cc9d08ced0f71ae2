import { parseDuration, type ParsedDuration } from '../config/duration.js';

/** Kept back of the time that a client waits, so that it hears the answer or the reason before it hangs up. */
const marginMs = 250;
/** The part of a short wait that is kept back at most. */
const marginShare = 0.25;

/** The longest deadline that a completion can have: a day, in milliseconds. */
const longestMs = 86_400_000;

/**
 * How long a request may take, in milliseconds: what `x-holdfast-deadline` says (`30s`, `500ms`, or milliseconds), else
 * a little less than an official SDK will wait for (`x-stainless-timeout`, in seconds), and no longer than the config's
 * deadline then.
 */
export function deadlineOf(headers: Pick<Headers, 'get'>, configured: number): ParsedDuration {
  const asked = headers.get('x-holdfast-deadline');
  if (asked !== null) return wholeMs(parseDuration(asked));
  const seconds = Number(headers.get('x-stainless-timeout') ?? NaN);
  if (!Number.isFinite(seconds) || seconds <= 0) return { ok: true, ms: configured };
  const waits = seconds * 1_000;
  const ms = Math.max(1, Math.round(waits - Math.min(marginMs, waits * marginShare)));
  return { ok: true, ms: Math.min(configured, ms) };
}

function wholeMs(parsed: ParsedDuration): ParsedDuration {
  if (!parsed.ok) return parsed;
  if (parsed.ms > longestMs) return { ok: false, reason: 'too long: at most a day' };
  return { ok: true, ms: Math.max(1, Math.round(parsed.ms)) };
}
