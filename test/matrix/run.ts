import type { Adaptation } from '../../wire/adaptation.js';
import { createProvider, type Provider, type ProviderReply } from '../../providers/index.js';
import { plainCall, streamedCall } from '../providers/recorded-streams.js';
import type { FakeProvider } from '../support/fake-provider.js';
import type { WireFormat } from '../support/fake-provider-steps.js';
import type { Ability } from './abilities.js';
import type { Endpoint } from './endpoints.js';

/** What became of one request at one endpoint. */
export type Cell =
  { is: 'sent' } | { is: 'adapted'; adapted: Adaptation[] } | { is: 'refused'; message: string };

export type Way = 'plain' | 'streamed';

const apiKey = 'key-of-the-matrix';
const keyHeaders: Record<WireFormat, { header: string; scheme?: string }> = {
  openai: { header: 'authorization', scheme: 'Bearer' },
  anthropic: { header: 'x-api-key' },
};
const vendorUrls = { openai: 'https://api.openai.com/v1', anthropic: 'https://api.anthropic.com' };

/** The provider as a worker makes it from the config, but its requests go to the fake instead of the vendor's address. */
export function providerAt({ title, provider }: Endpoint, fake: FakeProvider): Provider {
  const { kind, baseUrl, auth } = provider;
  const address = baseUrl ?? vendorUrls[kind];
  const standIn = kind === 'openai' ? fake.openaiUrl : fake.anthropicUrl;
  return createProvider({
    name: title,
    kind,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(auth === undefined ? {} : { auth }),
    fetch: (url, init) => {
      const asked = url instanceof Request ? url.url : String(url);
      if (!asked.startsWith(`${address}/`)) throw new Error(`${title} was asked at ${asked}`);
      return fetch(standIn + asked.slice(address.length), init);
    },
  });
}

/** Asks once; fails where something was left out or changed and not said, or the answer lacks what was asked for. */
export async function ask(endpoint: Endpoint, ability: Ability, way: Way, fake: FakeProvider): Promise<Cell> {
  const { provider, model, upstreamModel } = endpoint;
  const before = fake.calls(upstreamModel).length;
  fake.plan(upstreamModel, ability.answer);
  const call = (way === 'plain' ? plainCall : streamedCall)({
    upstreamModel,
    apiKey,
    request: ability.request,
    ...(model.traits === undefined ? {} : { traits: model.traits }),
    ...(model.contextWindow === undefined ? {} : { contextWindow: model.contextWindow }),
  });
  const reply = await providerAt(endpoint, fake).call(call);
  const [made] = fake.calls(upstreamModel).slice(before);
  const { header, scheme } = provider.auth ?? keyHeaders[provider.kind];
  const key = scheme === undefined ? apiKey : `${scheme} ${apiKey}`;
  if (made !== undefined && made.headers[header] !== key) throw new Error(`the key is not in ${header}`);
  return judge(reply, made?.body, ability.sent[provider.kind], ability);
}

function judge(
  reply: ProviderReply,
  body: object | undefined,
  pieces: readonly string[] | 'no field',
  { seen, request }: Ability,
): Cell {
  if (!reply.ok) {
    const { kind, message } = reply.failure;
    if (kind !== 'unsupported_by_model' || body !== undefined) throw new Error(`${kind}: ${message}`);
    return { is: 'refused', message };
  }
  if (body === undefined) throw new Error('an answer without a request');
  const text = JSON.stringify(body);
  const asItIs = pieces !== 'no field' && pieces.every((piece) => text.includes(piece));
  const { adapted = [], answer } = reply;
  const asked = Object.keys(request).filter((name) => name !== 'messages');
  const about = (parameter: string): boolean => asked.length === 0 || asked.includes(parameter);
  if (adapted.some(({ parameter }) => about(parameter))) return { is: 'adapted', adapted };
  if (!asItIs) throw new Error(`left out, and nothing said: ${text}`);
  if (seen?.(answer) === false) throw new Error(`the answer lacks it: ${JSON.stringify(answer)}`);
  return { is: 'sent' };
}
