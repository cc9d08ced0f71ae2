import OpenAI from 'openai';
import {
  lackedByOpenAIFormat,
  openAIStreamReader,
  readOpenAI,
  toOpenAI,
  type OpenAIBody,
} from '../wire/openai/index.js';
import { mergeTraits, type Traits } from '../wire/traits.js';
import { callEndpoint, type Endpoint } from './call.js';
import type { Provider } from './provider.js';
import { headersFor, sentHeaders, type FormatSettings } from './settings.js';
import { guardedFetch, longestTimer } from './transport.js';

const vendorUrl = 'https://api.openai.com/v1';
const bearer = { header: 'authorization', scheme: 'Bearer' };

/**
 * Any endpoint with OpenAI's chat format: OpenAI itself, and the many compatible servers by their base URL.
 * The key travels with each call, so one SDK client serves every key of the provider.
 */
export function createOpenAIProvider(settings: FormatSettings): Provider {
  const { name, baseUrl = vendorUrl, auth = bearer, headers: own, query, fetch } = settings;
  const client = new OpenAI({
    baseURL: baseUrl,
    fetch: guardedFetch(fetch ?? globalThis.fetch, sentHeaders(auth, own)),
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
    traits: mergeTraits(traitsOf(baseUrl), settings.traits),
    formatLacks: lackedByOpenAIFormat,
    translate: ({ upstreamModel, request, adaptations, traits = {}, stream }) =>
      toOpenAI(upstreamModel, request, adaptations, traits, { stream: stream !== undefined }),
    send: (body, call, signal) =>
      client
        .post('/chat/completions', {
          body,
          signal,
          headers: headersFor({ auth, own }, call),
          ...(query === undefined ? {} : { query }),
        })
        .asResponse(),
    read: readOpenAI,
    stream: openAIStreamReader,
  };
  return { name, call: (call) => callEndpoint(endpoint, call) };
}

/** OpenAI takes the newer name for all its models and the older only for some; elsewhere it is the other way round. */
function traitsOf(baseUrl: string): Traits {
  return isOpenAIItself(baseUrl) ? { tokenLimitName: 'max_completion_tokens' } : {};
}

/** True where OpenAI itself serves: its token counts are exact, and it takes its newest names. */
export function isOpenAIItself(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && /(?:^|\.)api\.openai\.com$/.test(new URL(baseUrl).hostname);
}
