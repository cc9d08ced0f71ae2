import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { step } from '../support/fake-provider.js';
import { testKey } from '../support/test-config.js';
import { startGatewayKit, type GatewayKit } from './gateway-kit.js';
import { answers, failures } from './outcome-rows.js';
import { ask, endsCleanly, errorIn, textIn, wireNames, type Answer, type WireName } from './raw-http.js';

const rows = Object.entries(failures);
const cases = rows.map(([name, row], at) => [name, row.kind, row, at] as const);
const ways = wireNames.flatMap((wire) =>
  [false, true].map((stream) => [wire, stream ? 'streamed' : 'plain', stream] as const),
);
const other = { openai: 'anthropic', anthropic: 'openai' } as const;
/** A model that only one test asks for, so that all of them may run at a time. */
const failing = (row: number, wire: WireName, stream: boolean): string =>
  `failing-${String(row)}-${wire}-${String(stream)}`;
const chain = (row: number, wire: WireName, stream: boolean): string =>
  `chain-${String(row)}-${wire}-${String(stream)}`;

const trailSchema = z.object({
  id: z.string(),
  attempts: z.array(z.looseObject({ model: z.string(), outcome: z.string() })),
});

describe('each way a provider call can end, through the gateway', () => {
  let gateway: GatewayKit;

  beforeAll(async () => {
    const models: Record<string, object> = {};
    const chains: Record<string, string[]> = { default: ['good-openai', 'good-anthropic'] };
    for (const wire of wireNames) {
      models[`good-${wire}`] = { provider: wire, contextWindow: 200_000, price: { input: 1, output: 2 } };
    }
    for (const [wire, way] of ways) {
      for (const { openai, anthropic } of Object.values(answers)) {
        models[`answering-${wire}-${way}-${openai}-${anthropic}`] = {
          provider: other[wire],
          contextWindow: 8_192,
        };
      }
    }
    for (const at of rows.keys()) {
      for (const [wire, , stream] of ways) {
        const alone = failing(at, wire, stream);
        models[alone] = { provider: wire, contextWindow: 8_192 };
        models[`first-${alone}`] = { provider: other[wire], contextWindow: 8_192 };
        chains[chain(at, wire, stream)] = [`first-${alone}`, `good-${wire}`];
      }
    }
    gateway = await startGatewayKit({
      retry: { maxAttempts: 2 },
      policy: { models, chains, strategies: {} },
    });
    for (const wire of wireNames) gateway.kit.provider.plan(`good-${wire}`, step.answer('From another'));
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  async function trailOf(answer: Answer): Promise<z.infer<typeof trailSchema>['attempts']> {
    const id = answer.headers.get('x-holdfast-id') ?? '';
    const response = await fetch(`${gateway.url}/v1/holdfast/completions/${id}`);
    const text = await response.text();
    expect(text).not.toContain(testKey);
    const trail = trailSchema.parse(JSON.parse(text));
    expect(trail.id).toBe(id);
    return trail.attempts;
  }

  function noKeyIn({ body, headers }: Answer): void {
    expect(body + JSON.stringify([...headers])).not.toContain(testKey);
  }

  it('what is said of an answer is in the headers that a script of a browser may read', async () => {
    const { headers } = await ask(gateway.url, {
      wire: 'openai',
      model: 'good-openai',
      headers: { origin: 'https://app.example', 'x-request-id': 'mine-1' },
    });
    expect(headers.get('x-request-id')).toBe('mine-1');
    const exposed = headers.get('access-control-expose-headers')?.split(/,\s*/);
    const said = [...headers.keys()].filter((name) => name.startsWith('x-holdfast-'));
    expect(said).toEqual(
      expect.arrayContaining(
        ['id', 'model', 'provider', 'requested-model', 'attempts', 'cost-usd'].map(
          (name) => `x-holdfast-${name}`,
        ),
      ),
    );
    for (const name of [...said, 'x-request-id', 'x-should-retry', 'request-id', 'retry-after'])
      expect(exposed).toContain(name);
  });

  describe.each(ways)('%s, %s', (wire, way, stream) => {
    it.concurrent.each(Object.entries(answers))(
      '%s is an answer',
      async (_name, { given, openai, anthropic }) => {
        const model = `answering-${wire}-${way}`;
        const { provider } = gateway.kit;
        // The first request of this model is this one: each row is called once, under a name of its own.
        provider.plan(`${model}-${openai}-${anthropic}`, given);
        const answer = await ask(gateway.url, { wire, model: `${model}-${openai}-${anthropic}`, stream });
        expect(answer.status).toBe(200);
        expect(answer.body).toContain(
          wire === 'openai' ? `"finish_reason":"${openai}"` : `"stop_reason":"${anthropic}"`,
        );
        if (stream) expect(endsCleanly(wire, answer)).toBe(true);
        expect(factsIn(wire, answer)).toMatchObject({
          'requested-model': answer.headers.get('x-holdfast-model'),
        });
      },
    );

    it.concurrent.each(cases)(
      '%s -> %s',
      async (_name, kind, { seen, streamed = seen, status, code = kind, retryAfter, deadline }, at) => {
        const model = failing(at, wire, stream);
        gateway.kit.provider.plan(model, stream ? streamed : seen);
        const answer = await ask(gateway.url, {
          wire,
          model,
          stream,
          ...(deadline === undefined ? {} : { headers: { 'x-holdfast-deadline': deadline } }),
        });
        expect(answer.status).toBe(status);
        expect(errorIn(wire, answer.json).code).toBe(code);
        expect(answer.headers.get('x-should-retry')).toBe('false');
        const told = answer.headers.get('retry-after');
        if (retryAfter === undefined) expect(told).toBeNull();
        else expect(Number(told)).toSatisfy((wait: number) => wait >= 1 && wait <= retryAfter);
        expect(answer.headers.get('x-holdfast-requested-model')).toBe(model);
        noKeyIn(answer);
        const trail = await trailOf(answer);
        expect(answer.headers.get('x-holdfast-attempts')).toBe(String(trail.length));
        const outcomes = new Set(trail.map(({ outcome }) => outcome));
        if (kind !== 'deadline_exceeded') expect([...outcomes]).toEqual([kind]);
        expect(gateway.kit.provider.calls(model)).toHaveLength(trail.length);
      },
    );

    // What the client sees of a fallback is the same for each row: each is seen one way, in turns.
    const inTurn = cases.filter(
      (_row, at) => ways[at % ways.length]?.slice(0, 2).join() === `${wire},${way}`,
    );
    it.concurrent.each(inTurn)(
      '%s -> %s, with another model behind it',
      async (_name, kind, { seen, streamed = seen, status, replaced, deadline }, at) => {
        const model = `first-${failing(at, wire, stream)}`;
        gateway.kit.provider.plan(model, stream ? streamed : seen);
        const answer = await ask(gateway.url, {
          wire,
          model: `chain:${chain(at, wire, stream)}`,
          stream,
          ...(deadline === undefined ? {} : { headers: { 'x-holdfast-deadline': deadline } }),
        });
        noKeyIn(answer);
        if (kind === 'deadline_exceeded') return;
        if (!replaced) {
          expect(answer.status).toBe(status);
          expect(errorIn(wire, answer.json).code).toBe(kind);
          return;
        }
        // The client sees nothing of it but the facts besides the answer.
        expect(answer.status).toBe(200);
        expect(textIn(wire, answer)).toBe('From another');
        if (stream) expect(endsCleanly(wire, answer)).toBe(true);
        expect(answer.headers.get('x-holdfast-model')).toBe(`good-${wire}`);
        const facts = factsIn(wire, answer);
        expect(facts).toMatchObject({
          'requested-model': model,
          'fallback-reason': kind,
          provider: wire,
        });
        const trail = await trailOf(answer);
        expect(trail.at(-1)).toMatchObject({ model: `good-${wire}`, outcome: 'success' });
        expect(Number(facts['attempts'])).toBe(trail.length);
      },
    );
  });
});

it('a model that its breaker or a gate spares is not called, and the client hears when it may be again', async () => {
  await using gateway = await startGatewayKit({ policy: { circuitBreaker: { failureThreshold: 5 } } });
  const { provider } = gateway.kit;
  for (const [wire, model, planned, status] of [
    ['openai', 'gpt-4', step.status(429, { retryAfter: 30 }), 429],
    ['anthropic', 'claude-3-haiku-20240307', step.status(503), 503],
  ] as const) {
    provider.plan(model, planned);
    let calls: number;
    let answer: Answer;
    // What is known of a model's health spreads in its own time.
    do {
      calls = provider.calls(model).length;
      answer = await ask(gateway.url, { wire, model, headers: { 'x-holdfast-deadline': '5s' } });
    } while (provider.calls(model).length > calls);
    expect(answer.status).toBe(status);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.json).toHaveProperty('holdfast.attempts.0.outcome', 'circuit_open');
  }
});

/** What is said besides the answer: in headers, or at the end of a stream whose headers left before. */
function factsIn(wire: WireName, { json, events, headers }: Answer): Record<string, unknown> {
  if (json !== undefined) {
    return Object.fromEntries([...headers].map(([name, value]) => [name.replace(/^x-holdfast-/, ''), value]));
  }
  const last = events.findLast(({ data }) => data !== '[DONE]')?.data ?? '';
  return z.object({ holdfast: z.record(z.string(), z.unknown()) }).parse(JSON.parse(last)).holdfast;
}
