import type { Traits } from '../wire/traits.js';
import type { Fetch } from './transport.js';

/** The wire formats that Holdfast speaks to providers. */
export type ProviderFormat = 'openai' | 'anthropic';

/** The header that carries the key. */
export interface KeyHeader {
  header: string;
  /** Stands before the key: `Bearer`. */
  scheme?: string;
}

/** Where a provider is and how it is reached. All of a vendor's peculiarities are data here. */
export interface ProviderSettings {
  name: string;
  kind: ProviderFormat;
  /** The vendor's own when absent. Never taken from the environment. */
  baseUrl?: string;
  /** Absent: `authorization: Bearer` or `x-api-key`, as the format has it. */
  auth?: KeyHeader;
  /** Sent with every call; no secrets. */
  headers?: Readonly<Record<string, string>>;
  /** Put behind every URL (Azure's `api-version`). */
  query?: Readonly<Record<string, string>>;
  /** What holds for every model of the endpoint. */
  traits?: Traits;
  /** For tests and for processes with a transport of their own. */
  fetch?: Fetch;
}

/** Settings of one format: its provider knows the kind. */
export type FormatSettings = Omit<ProviderSettings, 'kind'>;

/**
 * The headers of one call: the format's, the provider's own over them, and the key in its place. Null keeps an SDK
 * from adding a header of its own.
 */
export function headersFor(
  { auth, own = {} }: { auth: KeyHeader; own?: Readonly<Record<string, string>> | undefined },
  { apiKey, timeoutMs }: { apiKey?: string; timeoutMs: number },
): Record<string, string | null> {
  const scheme = auth.scheme === undefined ? '' : `${auth.scheme} `;
  return {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'holdfast',
    // Read by gateways of our own kind as the time they have.
    'x-stainless-timeout': String(Math.ceil(timeoutMs / 1000)),
    ...lowerCased(own),
    // What an SDK would put there of its own accord.
    authorization: null,
    'x-api-key': null,
    [auth.header.toLowerCase()]: apiKey === undefined ? null : scheme + apiKey,
  };
}

/** Names of the headers that may leave. */
export function sentHeaders(auth: KeyHeader, own: Readonly<Record<string, string>> = {}): string[] {
  return [
    'accept',
    'content-type',
    'user-agent',
    'x-stainless-timeout',
    auth.header.toLowerCase(),
    ...Object.keys(lowerCased(own)),
  ];
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
