import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { countTokensResponse } from '../../gateway/count-tokens.js';
import { deadlineOf } from '../../gateway/deadline.js';
import { failed } from '../../gateway/problem.js';
import { step } from '../support/fake-provider.js';
import { startGatewayKit, type GatewayKit } from './gateway-kit.js';
import { answerOf, ask, bodyOf, errorIn, pathOf, post, wireNames } from './raw-http.js';

const four = ['hangs-1', 'hangs-2', 'hangs-3', 'hangs-4'];
const limited = ['limited-1', 'limited-2'];

let gateway: GatewayKit;
beforeAll(async () => {
  const models = Object.fromEntries(
    [...four, ...limited, 'good'].map((name, at) => [
      name,
      { provider: at % 2 === 0 ? 'openai' : 'anthropic', contextWindow: 8_192 },
    ]),
  );
  gateway = await startGatewayKit({
    retry: { attemptTimeout: 10_000, firstTokenTimeout: 10_000 },
    policy: { models, chains: { default: ['good'], four, limited }, strategies: {} },
  });
  for (const model of four) gateway.kit.provider.plan(model, step.hang());
  for (const model of limited) gateway.kit.provider.plan(model, step.status(429, { retryAfter: 30 }));
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe.each(wireNames)('a request that cannot be served, in the form of %s', (wire) => {
  it.each([
    ['GET', pathOf[wire], 405],
    ['DELETE', pathOf[wire], 405],
    ['POST', `${pathOf[wire]}/nothing`, 404],
    ['GET', `${pathOf[wire]}/%00%ff`, 404],
  ])('%s %s -> %i', async (method, path, status) => {
    const answer = await answerOf(await fetch(gateway.url + path, { method }));
    expect(answer.status).toBe(status);
    expect(errorIn(wire, answer.json).code).toBe(status === 405 ? 'method_not_allowed' : 'not_found');
    expect(answer.headers.get('x-should-retry')).toBe('false');
  });

  it.each(['', '{', '{"model":', 'null', '[]', '[{"model":"good"}]', '"good"', '5', 'true', '\u0000'])(
    'a body of %j -> 400',
    async (body) => {
      const answer = await post(gateway.url + pathOf[wire], body);
      expect(answer.status).toBe(400);
      expect(errorIn(wire, answer.json).type).toBe('invalid_request_error');
    },
  );

  it.each(
    Object.entries({
      model: [undefined, null, '', 7, ['good'], {}],
      messages: [
        undefined,
        null,
        'hello',
        {},
        [],
        [7],
        [{ role: 'robot', content: 'x' }],
        [{ role: 'user' }],
      ],
      max_tokens: [0, -1, 1.5, '5', []],
      temperature: ['warm', -1, 9],
      stream: ['yes', 1],
      tools: ['all', [{}], [{ type: 'retrieval' }]],
      tool_choice: ['some', { type: 'function' }, { type: 'tool' }],
    }).flatMap(([field, values]) => values.map((value) => [field, JSON.stringify(value), value] as const)),
  )('%s: %s -> 400 that names it', async (field, _, value) => {
    const answer = await ask(gateway.url, { wire, model: 'good', changes: { [field]: value } });
    expect(answer.status).toBe(400);
    const { message, param } = errorIn(wire, answer.json);
    expect(message).toContain(field);
    if (wire === 'openai') expect(param).toMatch(new RegExp(`^${field}`));
    expect(answer.headers.get('x-should-retry')).toBe('false');
  });

  it.each([
    ['idempotency-key', 'x'.repeat(256)],
    ['x-holdfast-deadline', 'soon'],
    ['x-holdfast-deadline', '-1'],
    ['x-holdfast-deadline', '0s'],
    ['x-holdfast-deadline', '2d'],
  ])('%s: %s -> 400', async (name, value) => {
    const answer = await ask(gateway.url, { wire, model: 'good', headers: { [name]: value } });
    expect(answer.status).toBe(400);
    expect(errorIn(wire, answer.json).message.toLowerCase()).toContain(name);
  });

  it.each(['nobody', 'chain:nobody', 'strategy:constructor', '__proto__', 'hangs-1 ', 'x'.repeat(10_000)])(
    'a model %j that there is not -> 404',
    async (model) => {
      const answer = await ask(gateway.url, { wire, model });
      expect(answer.status).toBe(404);
      const { code, message, param } = errorIn(wire, answer.json);
      expect({ code, param }).toEqual({ code: 'model_not_found', param: wire === 'openai' ? 'model' : null });
      expect(message).toContain('chain:four');
    },
  );

  it('a body that is nested without end -> 400', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const field of ['anything', 'metadata', 'messages', 'tools']) {
      const body = JSON.stringify(bodyOf(wire, 'good')).replace(/\}$/, `,"${field}":${deep}}`);
      const answer = await post(gateway.url + pathOf[wire], body);
      expect(answer.status).toBe(400);
      expect(errorIn(wire, answer.json).message).not.toBe('');
    }
  });

  it('its id is the caller’s, or a new one, wherever clients look for it', async () => {
    const asked = (headers: Record<string, string>) => ask(gateway.url, { wire, model: 'nobody', headers });
    const named = await asked({ 'x-request-id': 'mine' });
    const unnamed = await asked({ 'x-request-id': 'not usable' });
    expect(named.headers.get('x-request-id')).toBe('mine');
    expect(unnamed.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    if (wire === 'openai') return;
    expect(named.headers.get('request-id')).toBe('mine');
    expect(named.json).toMatchObject({ request_id: 'mine' });
  });
});

it('an id of no completion -> 404, and no id at all', async () => {
  for (const id of ['nobody', '%2e%2e', 'x'.repeat(2_000)]) {
    const answer = await answerOf(await fetch(`${gateway.url}/v1/holdfast/completions/${id}`));
    expect([400, 404]).toContain(answer.status);
    expect(errorIn('openai', answer.json).message).not.toBe('');
  }
});

const trail = z.object({ holdfast: z.object({ attempts: z.array(z.object({ model: z.string() })) }) });

describe('time', () => {
  const headers = [
    ['x-holdfast-deadline', '2s'],
    ['x-stainless-timeout', '2'],
  ] as const;
  const ways = wireNames.flatMap((wire) => headers.map(([name, value]) => [wire, name, value] as const));

  it.concurrent.each(ways)(
    'four models that hang, %s, %s: %s -> 504 with the trail',
    async (wire, name, value) => {
      const began = performance.now();
      const answer = await ask(gateway.url, { wire, model: 'chain:four', headers: { [name]: value } });
      const share = (performance.now() - began) / 2_000;
      console.log(`${wire}, ${name}: answered after ${share.toFixed(3)} of the deadline of 2 s`);
      expect(answer.status).toBe(504);
      expect(errorIn(wire, answer.json).code).toBe('deadline_exceeded');
      expect(trail.parse(answer.json).holdfast.attempts.length).toBeGreaterThan(1);
      expect(share).toBeLessThan(2);
    },
  );

  it.concurrent.each(wireNames)('every model rate limited for 30 s, %s -> 429 at once', async (wire) => {
    const began = performance.now();
    const answer = await ask(gateway.url, {
      wire,
      model: 'chain:limited',
      headers: { 'x-holdfast-deadline': '5s' },
    });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(answer.status).toBe(429);
    expect(errorIn(wire, answer.json).type).toBe('rate_limit_error');
    expect(Number(answer.headers.get('retry-after'))).toSatisfy((wait: number) => wait > 1 && wait <= 30);
  });

  it.concurrent('SDKs hear why before they give up by themselves', async () => {
    // They send whole seconds, and OpenAI's only where the request itself sets a time.
    const timeout = 2_999;
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const request = { model: 'chain:four', messages, max_tokens: 5 };
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none' });
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none' });
    await Promise.all([
      expect(openai.chat.completions.create(request, { timeout })).rejects.toMatchObject({ status: 504 }),
      expect(anthropic.messages.create(request, { timeout })).rejects.toMatchObject({ status: 504 }),
    ]);
  });

  it.each([
    [{}, 60_000],
    [{ 'x-stainless-timeout': '2' }, 1_750],
    [{ 'x-stainless-timeout': '0.4' }, 300],
    [{ 'x-stainless-timeout': '600' }, 60_000],
    [{ 'x-stainless-timeout': 'soon' }, 60_000],
    [{ 'x-stainless-timeout': '2', 'x-holdfast-deadline': '1500' }, 1_500],
    [{ 'x-holdfast-deadline': '0.2ms' }, 1],
  ])('the deadline of %j is %d ms', (given, ms) => {
    expect(deadlineOf(new Headers(given), 60_000)).toEqual({ ok: true, ms });
  });

  it('a wait that one model named is not passed on where waiting mends nothing', () => {
    const failure = { message: 'No.', requestedModel: 'm', attempts: [], retryAfterMs: 30_000 };
    expect(failed({ ...failure, kind: 'bad_request' })).not.toHaveProperty('retryAfterMs');
    expect(failed({ ...failure, kind: 'quota_exhausted' })).not.toHaveProperty('retryAfterMs');
    expect(failed({ ...failure, kind: 'exhausted' })).toMatchObject({ status: 503, retryAfterMs: 30_000 });
  });
});

describe('the count of tokens', () => {
  const count = async (changes: object): Promise<number> => {
    // As clients ask it: without a limit for an answer.
    const body = bodyOf('anthropic', 'good', { max_tokens: undefined, ...changes });
    const response = await countTokensResponse(JSON.parse(JSON.stringify(body)), 'mine');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-holdfast-estimate')).toBe('true');
    return z.object({ input_tokens: z.int() }).parse(await response.json()).input_tokens;
  };

  it('grows with what is asked: words, instructions, tools, calls, images', async () => {
    const alone = await count({});
    expect(alone).toBeGreaterThan(3);
    const system = 'Be kind and brief. '.repeat(100);
    const instructed = await count({ system });
    expect(instructed - alone).toSatisfy((tokens: number) => tokens > 400 && tokens < 700);
    const tools = [{ name: 'weather', description: system, input_schema: { type: 'object' } }];
    expect((await count({ tools })) - alone).toBeGreaterThan(400);
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] }];
    expect(await count({ messages })).toBeGreaterThan(1_600);
  });

  it('what is no request is refused in form', async () => {
    for (const body of [null, [], {}, { model: 'good', messages: 'hello' }]) {
      const response = await countTokensResponse(body, 'mine');
      expect(response.status).toBe(400);
      expect(errorIn('anthropic', await response.json()).type).toBe('invalid_request_error');
    }
  });
});
