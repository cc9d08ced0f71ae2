import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { step } from '../support/fake-provider.js';
import { startHostileServer, type HostileServer, type Script } from '../support/hostile-server.js';
import { answerOf, broken, bytes, early, json, streams, whole, wholes } from './hostile-scripts.js';
import { startGatewayKit, type GatewayKit } from './gateway-kit.js';
import { ask, endsCleanly, errorIn, lastErrorIn, textIn, wireNames, type WireName } from './raw-http.js';
import { eventually } from '../support/eventually.js';

const other = { openai: 'anthropic', anthropic: 'openai' } as const;
const brokenCases = Object.entries(broken);
const calls = ['plain', 'streamed'] as const;
const earlyCases = Object.entries(early).flatMap(([name, of]) =>
  calls.filter((way) => of('', streams.openai)[way] !== undefined).map((way) => [name, way] as const),
);
const wholeCases = Object.entries(whole).flatMap(([name]) => calls.map((way) => [name, way] as const));

describe('a provider that breaks off', () => {
  let hostile: HostileServer;
  let gateway: GatewayKit;
  /** Names of the models by what their provider does. */
  const served = new Map<string, string>();
  const modelOf = (...name: string[]): string => served.get(name.join(' ')) ?? 'unknown';

  beforeAll(async () => {
    hostile = await startHostileServer();
    const models: Record<string, object> = { good: { provider: 'good', contextWindow: 200_000 } };
    const chains: Record<string, string[]> = { default: ['good'] };
    const good = hostile.serve({ pieces: bytes(answerOf(streams.openai)), then: 'end' });
    const goodPlain = hostile.serve({ ...json, pieces: bytes([wholes.openai]), then: 'end' });
    models['good-streamed'] = { provider: 'openai', contextWindow: 200_000, upstreamModel: good };
    models['good-plain'] = { provider: 'openai', contextWindow: 200_000, upstreamModel: goodPlain };
    const add = (format: WireName, name: string[], script: Script | undefined): void => {
      if (script === undefined) return;
      const model = hostile.serve(script);
      served.set([format, ...name].join(' '), model);
      models[model] = { provider: format, contextWindow: 8_192 };
      chains[`after-${model}`] = [model, `good-${name.at(-1) === 'plain' ? 'plain' : 'streamed'}`];
    };
    for (const format of wireNames) {
      for (const [name, { script }] of brokenCases) add(format, ['broken', name], script(streams[format]));
      for (const [name, of] of Object.entries({ ...early, ...whole })) {
        const scripts = of(wholes[format], streams[format]);
        for (const way of calls) add(format, [name, way], scripts[way]);
      }
    }
    gateway = await startGatewayKit({
      retry: { maxAttempts: 1, attemptTimeout: 1_500, firstTokenTimeout: 1_500, idleTimeout: 1_000 },
      policy: {
        providers: {
          openai: { kind: 'openai', baseUrl: `${hostile.url}/v1`, keys: ['env:TEST_KEY'] },
          anthropic: { kind: 'anthropic', baseUrl: hostile.url, keys: ['env:TEST_KEY'] },
          good: { kind: 'openai', baseUrl: `${hostile.url}/v1`, keys: ['env:TEST_KEY'] },
        },
        models,
        chains,
        strategies: {},
      },
    });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await hostile.stop();
  });

  describe.each(wireNames)('seen in the %s format', (wire) => {
    // Who reads it and who wrote it are apart: each once is all of them.
    const format = other[wire];
    it.concurrent.each(brokenCases)(
      '%s after words have left -> an error in the stream, no end',
      async (name, { kind }) => {
        const model = modelOf(format, 'broken', name);
        const answer = await ask(gateway.url, { wire, model: `chain:after-${model}`, stream: true });
        expect(answer.status).toBe(200);
        expect(textIn(wire, answer)).toMatch(/^Hello/);
        expect(endsCleanly(wire, answer)).toBe(false);
        expect(lastErrorIn(wire, answer).code).toBe('stream_cut');
        const id = answer.headers.get('x-holdfast-id') ?? '';
        // The stream ends as soon as the call does, and its record a moment later.
        await eventually(async () => {
          const trail = await fetch(`${gateway.url}/v1/holdfast/completions/${id}`);
          const first = expect.objectContaining({ model, outcome: kind }) as object;
          expect(await trail.json()).toHaveProperty('attempts.0', first);
        });
      },
    );

    it.concurrent.each(earlyCases)('%s, %s -> another answers', async (name, way) => {
      const model = modelOf(format, name, way);
      const stream = way === 'streamed';
      const answer = await ask(gateway.url, { wire, model: `chain:after-${model}`, stream });
      expect(answer.status).toBe(200);
      expect(textIn(wire, answer)).toBe('Hello there.');
      expect(answer.headers.get('x-holdfast-model')).toBe(`good-${way}`);
      if (stream) expect(endsCleanly(wire, answer)).toBe(true);
    });

    const ofOneWay = earlyCases.filter(([, way]) => (way === 'plain') === (wire === 'openai'));
    it.concurrent.each(ofOneWay)('%s, %s, and nobody else -> an error', async (name, way) => {
      const model = modelOf(format, name, way);
      const answer = await ask(gateway.url, { wire, model, stream: way === 'streamed' });
      expect(answer.status).toBeGreaterThanOrEqual(502);
      expect(errorIn(wire, answer.json).message).toContain(model);
    });

    it.concurrent.each(wholeCases)('%s, %s -> an answer', async (name, way) => {
      const model = modelOf(format, name, way);
      const stream = way === 'streamed';
      const answer = await ask(gateway.url, { wire, model, stream });
      expect(textIn(wire, answer)).toBe('Hello there.');
      if (stream) expect(endsCleanly(wire, answer)).toBe(true);
    });
  });
});

describe('a key that is refused', () => {
  it.each(calls)('%s: the next one is used, and the client sees an answer', async (way) => {
    await using gateway = await startGatewayKit({ keys: ['env:TEST_KEY', 'env:TEST_KEY_2'] });
    const { provider } = gateway.kit;
    for (const [wire, seen] of [
      ['openai', step.status(401)],
      ['anthropic', step.status(429, { code: 'insufficient_quota' })],
    ] as const) {
      const model = wire === 'openai' ? 'gpt-4' : 'gpt-3.5-turbo';
      provider.plan(model, seen, step.answer('With the other key'));
      const answer = await ask(gateway.url, { wire, model, stream: way === 'streamed' });
      expect(textIn(wire, answer)).toBe('With the other key');
      const keys = provider.calls(model).map(({ headers }) => headers['authorization']);
      expect(new Set(keys).size).toBe(2);
    }
  });
});
