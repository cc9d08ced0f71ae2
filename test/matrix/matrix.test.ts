import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamedCall } from '../providers/recorded-streams.js';
import { startFakeProvider, step, type FakeProvider } from '../support/fake-provider.js';
import { abilities } from './abilities.js';
import { endpoints, type Endpoint } from './endpoints.js';
import { page, type SeenEndpoint } from './page.js';
import { ask, providerAt, type Cell } from './run.js';

let fake: FakeProvider;
beforeAll(async () => {
  fake = await startFakeProvider();
});
afterAll(() => fake.stop());

const seen: SeenEndpoint[] = [];
const all = endpoints();

describe.each(all)('$title with $upstreamModel', (endpoint) => {
  const cells: SeenEndpoint['cells'] = new Map();
  seen.push({ ...endpoint, cells });

  it.each(abilities)('$name: sent, adapted and said, or refused before the call', async (ability) => {
    const plain = await ask(endpoint, ability, 'plain', fake);
    const streamed = await ask(endpoint, ability, 'streamed', fake);
    expect(streamed).toEqual(plain);
    if (plain.is === 'refused') expect(plain.message).toContain('Nothing was sent');
    cells.set(ability.name, plain);
  });

  it('streams, and counts the tokens where the endpoint lets itself be asked', async () => {
    const { streaming, usage } = await stream(endpoint);
    cells.set('streaming', streaming);
    cells.set('usage of a stream', usage);
  });
});

async function stream(
  endpoint: Endpoint,
): Promise<{ streaming: Cell; usage: Cell | { is: 'not asked for' } }> {
  const { upstreamModel, model } = endpoint;
  fake.plan(
    upstreamModel,
    step.stream('Paris.', { pings: true }, { usage: { inputTokens: 12, outputTokens: 3 } }),
  );
  const pieces: string[] = [];
  const limits = { firstTokenTimeoutMs: 30_000, idleTimeoutMs: 30_000 };
  const reply = await providerAt(endpoint, fake).call(
    streamedCall({
      upstreamModel,
      ...(model.traits === undefined ? {} : { traits: model.traits }),
      stream: {
        ...limits,
        onDelta: (delta) => {
          if (delta.type === 'text') pieces.push(delta.text);
        },
      },
    }),
  );
  if (!reply.ok) throw new Error(reply.failure.message);
  expect(pieces).toEqual(['Pari', 's.']);
  expect(reply.adapted).toBeUndefined();
  if (model.traits?.streamUsage === false) {
    expect(fake.calls(upstreamModel).at(-1)?.body).not.toHaveProperty('stream_options');
    expect(reply.answer).not.toHaveProperty('usage');
    return { streaming: { is: 'sent' }, usage: { is: 'not asked for' } };
  }
  expect(reply.answer.usage).toEqual({ inputTokens: 12, outputTokens: 3 });
  return { streaming: { is: 'sent' }, usage: { is: 'sent' } };
}

it('docs/providers.md is what was seen; else: run this file with --update', async () => {
  const rows = [...abilities.map(({ name }) => name), 'streaming', 'usage of a stream'];
  expect(seen).toHaveLength(all.length);
  await expect(page(rows, seen)).toMatchFileSnapshot('../../docs/providers.md');
});
