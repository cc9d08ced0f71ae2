import Anthropic from '@anthropic-ai/sdk';
import { readAnthropic, toAnthropic, type AnthropicBody } from '../wire/anthropic/index.js';
import { callEndpoint, type Endpoint } from './call.js';
import type { ProviderSettings } from './openai.js';
import type { Provider, ProviderCall } from './provider.js';
import { guardedFetch, longestTimer } from './transport.js';

const vendorUrl = 'https://api.anthropic.com';
/**
 * Pinned. The SDK's default, 2026-10-21, refuses `temperature` and `top_p` even at their default values and
 * is not known to compatible servers.
 */
const apiVersion = '2023-06-01';
const sentHeaders = [
  'accept',
  'anthropic-version',
  'content-type',
  'user-agent',
  'x-api-key',
  'x-stainless-timeout',
] as const;

/** Any endpoint with Anthropic's messages format. One SDK client serves every key of the provider. */
export function createAnthropicProvider({ name, baseUrl = vendorUrl, fetch }: ProviderSettings): Provider {
  const client = new Anthropic({
    baseURL: baseUrl,
    fetch: guardedFetch(fetch ?? globalThis.fetch, sentHeaders),
    maxRetries: 0,
    timeout: longestTimer,
    // Everything that the SDK would otherwise look up in the environment.
    apiKey: 'given with each call',
    webhookKey: null,
    openTelemetry: false,
    logLevel: 'off',
  });
  const endpoint: Endpoint<AnthropicBody> = {
    baseUrl,
    translate: ({ upstreamModel, request, adaptations, traits = {}, contextWindow, stream }) =>
      toAnthropic(upstreamModel, request, adaptations, traits, {
        stream: stream !== undefined,
        contextWindow,
      }),
    send: (body, call, signal) =>
      client.post('/v1/messages', { body, signal, headers: headersFor(call) }).asResponse(),
    read: (body) => readAnthropic(body, { tools: false, silence: false }),
  };
  return { name, call: (call) => callEndpoint(endpoint, call) };
}

function headersFor({ apiKey, timeoutMs }: ProviderCall): Record<string, string | null> {
  return {
    accept: 'application/json',
    'anthropic-version': apiVersion,
    authorization: null,
    'content-type': 'application/json',
    'user-agent': 'holdfast',
    'x-api-key': apiKey ?? null,
    'x-stainless-timeout': String(Math.ceil(timeoutMs / 1000)),
  };
}
