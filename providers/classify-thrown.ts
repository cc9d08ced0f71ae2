import type { FailureKind } from '../contracts/outcome.js';
import type { ProviderFailure } from './provider.js';
import { redact } from './redact.js';

interface ThrownRow {
  kind: FailureKind;
  codes: RegExp;
  say(host: string, code: string): string;
}

/** What the codes of Node, undici and OpenSSL mean. First match wins. */
const rows: readonly ThrownRow[] = [
  {
    kind: 'misconfigured',
    codes: /^ENOTFOUND$/,
    say: (host) => `The host name ${host} does not exist. Check the provider's baseUrl.`,
  },
  {
    kind: 'misconfigured',
    codes: /^ERR_INVALID_URL$/,
    say: () => "The provider's baseUrl is not a valid URL.",
  },
  {
    kind: 'timeout',
    codes: /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/,
    say: (host, code) => `${host} sent nothing for too long (${code}).`,
  },
  {
    kind: 'connection',
    codes: /^ECONNREFUSED$/,
    say: (host, code) => `${host} refused the connection (${code}). Is the server running?`,
  },
  {
    kind: 'connection',
    codes: /^EAI_/,
    say: (host, code) => `The name ${host} could not be looked up just now (${code}).`,
  },
  {
    kind: 'connection',
    codes: /CERT|^ERR_TLS|^ERR_SSL|^EPROTO$|SIGNATURE/,
    say: (host, code) => `No secure connection to ${host} (${code}). Check its certificate and the baseUrl.`,
  },
  {
    kind: 'connection',
    codes: /./,
    say: (host, code) => `The connection to ${host} broke (${code}).`,
  },
];

/** fetch refuses some URLs before it connects, and says so only in words. */
const unusableUrl =
  /invalid url|failed to parse url|includes credentials|bad port|unknown scheme|not implemented/i;

/** Says what an error thrown by fetch means. Anything unknown counts as a broken connection: there was no answer. */
export function classifyThrown(error: unknown, baseUrl: string, key?: string): ProviderFailure {
  const chain = causes(error);
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : 'the provider';
  const code = chain.map(codeOf).find((found) => found !== undefined);
  const words = chain.map(({ message }) => message);
  if (words.some((text) => unusableUrl.test(text))) {
    return { kind: 'misconfigured', message: "The provider's baseUrl cannot be used. Check it." };
  }
  const row = code === undefined ? undefined : rows.find(({ codes }) => codes.test(code));
  if (row === undefined || code === undefined) {
    const detail = words.at(-1) ?? 'no reason given';
    return { kind: 'connection', message: redact(`The call to ${host} failed: ${detail}`, key) };
  }
  return { kind: row.kind, message: redact(row.say(host, code), key), code };
}

/** The error and what caused it, outermost first. When several addresses failed, the first stands for all. */
function causes(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const next: unknown = error instanceof AggregateError ? (error.errors[0] ?? error.cause) : error.cause;
  return [error, ...causes(next)];
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
