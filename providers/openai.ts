import OpenAI from 'openai';
import { readOpenAI, toOpenAI, type OpenAIBody } from '../wire/openai/index.js';
import { callEndpoint, type Endpoint } from './call.js';
import type { Provider, ProviderCall } from './provider.js';
import { guardedFetch, longestTimer, type Fetch } from './transport.js';

/** Where a provider is and how it is reached. */
export interface ProviderSettings {
  name: string;
  /** Without a trailing slash; the vendor's own when absent. Never taken from the environment. */
  baseUrl?: string;
  /** For tests and for processes with a transport of their own. */
  fetch?: Fetch;
}

const vendorUrl = 'https://api.openai.com/v1';
const sentHeaders = ['accept', 'authorization', 'content-type', 'user-agent', 'x-stainless-timeout'] as const;

/**
 * Any endpoint with OpenAI's chat format: OpenAI itself, and the many compatible servers by their base URL.
 * The key travels with each call, so one SDK client serves every key of the provider.
 */
export function createOpenAIProvider({ name, baseUrl = vendorUrl, fetch }: ProviderSettings): Provider {
  const client = new OpenAI({
    baseURL: baseUrl,
    fetch: guardedFetch(fetch ?? globalThis.fetch, sentHeaders),
    maxRetries: 0,
    timeout: longestTimer,
    // Everything that the SDK would otherwise look up in the environment.
    apiKey: 'given with each call',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
  });
  const endpoint: Endpoint<OpenAIBody> = {
    baseUrl,
    translate: ({ upstreamModel, request, adaptations, traits }) =>
      toOpenAI(
        upstreamModel,
        request,
        adaptations,
        { tokenLimitName: isOpenAIItself(baseUrl) ? 'max_completion_tokens' : 'max_tokens', ...traits },
        { stream: false },
      ),
    send: (body, call, signal) =>
      client.post('/chat/completions', { body, signal, headers: headersFor(call) }).asResponse(),
    read: readOpenAI,
  };
  return { name, call: (call) => callEndpoint(endpoint, call) };
}

function headersFor({ apiKey, timeoutMs }: ProviderCall): Record<string, string | null> {
  return {
    accept: 'application/json',
    authorization: apiKey === undefined ? null : `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'user-agent': 'holdfast',
    // Read by gateways of our own kind as the time they have.
    'x-stainless-timeout': String(Math.ceil(timeoutMs / 1000)),
  };
}

/** OpenAI takes the newer name for all its models and the older only for some; elsewhere it is the other way round. */
export function isOpenAIItself(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && /(?:^|\.)api\.openai\.com$/.test(new URL(baseUrl).hostname);
}
