import Anthropic from '@anthropic-ai/sdk';
import {
  anthropicStreamReader,
  readAnthropic,
  toAnthropic,
  type AnthropicBody,
} from '../wire/anthropic/index.js';
import { callEndpoint, type Endpoint } from './call.js';
import type { Provider } from './provider.js';
import { headersFor, sentHeaders, type FormatSettings } from './settings.js';
import { guardedFetch, longestTimer } from './transport.js';

const vendorUrl = 'https://api.anthropic.com';
/**
 * Pinned. The SDK's default, 2026-10-21, refuses `temperature` and `top_p` even at their default values and
 * is not known to compatible servers.
 */
const apiVersion = '2023-06-01';

/** Any endpoint with Anthropic's messages format. One SDK client serves every key of the provider. */
export function createAnthropicProvider(settings: FormatSettings): Provider {
  const { name, baseUrl = vendorUrl, auth = { header: 'x-api-key' }, query, fetch, traits } = settings;
  const own = { 'anthropic-version': apiVersion, ...settings.headers };
  const client = new Anthropic({
    baseURL: baseUrl,
    fetch: guardedFetch(fetch ?? globalThis.fetch, sentHeaders(auth, own)),
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
    ...(traits === undefined ? {} : { traits }),
    translate: ({ upstreamModel, request, adaptations, contextWindow, traits = {}, stream }) =>
      toAnthropic(upstreamModel, request, adaptations, traits, {
        stream: stream !== undefined,
        contextWindow,
      }),
    send: (body, call, signal) =>
      client
        .post('/v1/messages', {
          body,
          signal,
          headers: headersFor({ auth, own }, call),
          ...(query === undefined ? {} : { query }),
        })
        .asResponse(),
    read: readAnthropic,
    stream: anthropicStreamReader,
  };
  return { name, call: (call) => callEndpoint(endpoint, call) };
}
