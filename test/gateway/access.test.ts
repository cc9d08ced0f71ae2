import { readFile, writeFile } from 'node:fs/promises';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionIdFor } from '../../gateway/request-id.js';
import { step } from '../support/fake-provider.js';
import { eventually } from '../support/eventually.js';
import { startAccessKit, type AccessKit } from './access-kit.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';
const other = 'claude-3-opus-20240229';

let gateway: AccessKit;
/** Every key of this file, and everything that the gateway ever said: none of it may be in there. */
const secrets: string[] = [];
const said: string[] = [];

beforeAll(async () => {
  gateway = await startAccessKit();
  gateway.kit.provider.plan(model, step.answer('Hello'));
  gateway.kit.provider.plan(other, step.answer('Hello from another'));
});
afterAll(() => gateway.stop());

async function make(terms: Parameters<AccessKit['make']>[0]): ReturnType<AccessKit['make']> {
  const made = await gateway.make(terms);
  secrets.push(made.text.slice(12));
  return made;
}

interface Asked {
  status: number;
  headers: Headers;
  body: { error?: { message: string; type: string; code?: string }; [more: string]: unknown };
}

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

async function ask(path: string, key?: string, init: Sent = {}): Promise<Asked> {
  const headers = { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...init.headers };
  const response = await fetch(`${gateway.url}${path}`, { ...init, headers });
  const text = await response.text();
  said.push(text, JSON.stringify(Object.fromEntries(response.headers)));
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as Asked['body'] };
}

const complete = (key: string | undefined, body: object, headers = {}): Promise<Asked> =>
  ask('/v1/chat/completions', key, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ messages, ...body }),
  });

describe('a gateway with keys', () => {
  it('asks for one on every route but the health ones, in the form of the wire', async () => {
    for (const path of ['/v1/models', '/v1/holdfast/completions/any', '/v1/nothing', '/v1']) {
      expect(await ask(path), path).toMatchObject({
        status: 401,
        body: { error: { code: 'invalid_api_key' } },
      });
    }
    const openai = await complete(undefined, { model });
    expect(openai.body.error?.message).toMatch(/no gateway key.*Authorization: Bearer.*holdfast keys create/);
    expect(openai.headers.get('x-should-retry')).toBe('false');
    expect(openai.headers.get('www-authenticate')).toBe('Bearer');
    const anthropic = await ask('/v1/messages', undefined, { method: 'POST', body: '{}' });
    expect(anthropic).toMatchObject({
      status: 401,
      body: {
        type: 'error',
        error: { type: 'authentication_error' },
        request_id: expect.any(String) as string,
      },
    });
    expect(await ask('/health/liveness')).toMatchObject({ status: 200 });
    expect(await ask('/health/readiness')).toMatchObject({ status: 200 });
  });

  it('takes the key as the official SDKs send it', async () => {
    const { text: apiKey } = await make({ owner: 'sdks' });
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey });
    const { choices } = await openai.chat.completions.create({ model, messages });
    expect(choices[0]?.message.content).toBe('Hello');
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey });
    const { content } = await anthropic.messages.create({ model, messages, max_tokens: 10 });
    expect(content).toEqual([{ type: 'text', text: 'Hello' }]);
    // A token of another service beside it is not taken for the key.
    const both = { authorization: 'Bearer sk-of-somebody-else', 'x-api-key': apiKey };
    expect(await ask('/v1/models', undefined, { headers: both })).toMatchObject({ status: 200 });
  });

  it('says whether a key is unknown, expired or revoked', async () => {
    const { text, key } = await make({ owner: 'ended' });
    const past = new Date(Date.now() - 1_000).toISOString();
    const expired = await make({ owner: 'ended', expiresAt: past });
    await eventually(async () =>
      expect((await ask('/v1/models', expired.text)).body.error?.message).toMatch(/has expired/),
    );
    await gateway.revoke(key);
    await gateway.until(text, 401);
    expect((await ask('/v1/models', text)).body.error?.message).toMatch(/was revoked/);
    const forged = `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of [forged, 'hf_00000000_x', 'sk-anything', `${expired.text}x`]) {
      expect((await ask('/v1/models', wrong)).body.error?.message).toMatch(/no key of this gateway/);
    }
  });

  it('a key for some targets gets no others, however they are written, and is not told of them', async () => {
    const { text } = await make({ owner: 'few', allowed: ['chain:default', 'strategy:coding'] });
    const callsBefore = gateway.kit.provider.calls().length;
    for (const name of [model, other, 'chain:long', 'long', 'auto', 'gpt-unheard-of']) {
      const refused = await complete(text, { model: name });
      expect(refused, name).toMatchObject({
        status: 403,
        body: { error: { type: 'permission_error', code: 'model_not_allowed' } },
      });
      expect(refused.body.error?.message).not.toContain('haiku');
    }
    const refused = await ask('/v1/messages', text, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages, max_tokens: 10 }),
    });
    expect(refused.body).toMatchObject({ type: 'error', error: { type: 'permission_error' } });
    expect(gateway.kit.provider.calls()).toHaveLength(callsBefore);
    // The chain "default" and its bare name are the same.
    for (const name of ['chain:default', 'default', 'strategy:coding']) {
      expect(await complete(text, { model: name }), name).toMatchObject({ status: 200 });
    }
    const { data } = (await ask('/v1/models', text)).body;
    expect(data).toMatchObject([{ id: 'chain:default' }, { id: 'strategy:coding' }]);
    // Without a name the wire says what is wrong, not the key.
    expect(await complete(text, {})).toMatchObject({ status: 400 });
  });

  it('requests beyond a key’s limit wait, those of another key do not', async () => {
    const limited = await make({ owner: 'many', requestsPerMinute: 2 });
    const free = await make({ owner: 'many' });
    const sent = [1, 2, 3, 4].map(() => complete(limited.text, { model }));
    const statuses = (await Promise.all(sent)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 429, 429]);
    const refused = await complete(limited.text, { model });
    expect(refused.headers.has('x-should-retry')).toBe(false);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(refused.body.error).toMatchObject({ type: 'rate_limit_error', code: 'requests_per_minute' });
    expect(await complete(free.text, { model })).toMatchObject({ status: 200 });
    // Reading is not counted.
    expect(await ask('/v1/models', limited.text)).toMatchObject({ status: 200 });
  });

  it('a replay uses no tokens', async () => {
    const { text } = await make({ owner: 'again', tokensPerMinute: 30 });
    for (let time = 0; time < 6; time += 1) {
      const asked = complete(text, { model }, { 'idempotency-key': 'again and again' });
      expect(await asked).toMatchObject({ status: 200 });
    }
  });

  it('tokens beyond a key’s limit make the next request wait', async () => {
    const { text } = await make({ owner: 'talkative', tokensPerMinute: 1 });
    expect(await complete(text, { model })).toMatchObject({ status: 200 });
    const refused = await complete(text, { model });
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'tokens_per_minute' } } });
  });

  it('a changed file is in force by itself; a broken one is told once, and the keys before it stay', async () => {
    const { text } = await make({ owner: 'steady' });
    const good = await readFile(gateway.keyFile, 'utf8');
    const before = gateway.warnings.length;
    await writeFile(gateway.keyFile, good.slice(0, good.length / 2));
    await eventually(() => expect(gateway.warnings).toHaveLength(before + 1));
    expect(await ask('/v1/models', text)).toMatchObject({ status: 200 });
    expect(gateway.warnings.at(-1)).toMatch(/is not JSON/);
    await writeFile(gateway.keyFile, good);
    await make({ owner: 'after' });
    expect(gateway.warnings).toHaveLength(before + 1);
  });
});

describe('a completion', () => {
  it('is read by its owner alone; for another it is as if it were not there', async () => {
    const ana = await make({ owner: 'ana' });
    const anaToo = await make({ owner: 'ana' });
    const ben = await make({ owner: 'ben' });
    const { body } = await complete(ana.text, { model });
    const path = `/v1/holdfast/completions/${String(body['id'])}`;
    expect(body['id']).toMatch(/^gw-[0-9a-f]{12}-/);
    for (const { text } of [ana, anaToo]) {
      expect(await ask(path, text)).toMatchObject({ status: 200, body: { attempts: [{ model }] } });
    }
    const absent = `${path.slice(0, -4)}0000`;
    for (const method of ['GET', 'DELETE']) {
      const refused = await ask(path, ben.text, { method });
      expect(refused).toMatchObject({ status: 404, body: { error: { code: 'completion_not_found' } } });
      // Nothing tells one that is another's from one that is not.
      const missing = await ask(absent, ana.text, { method });
      const named = (text = ''): string => text.replace(/gw-\S+/, 'ID');
      expect(named(refused.body.error?.message)).toBe(named(missing.body.error?.message));
      expect(missing.status).toBe(404);
    }
  });

  it('is cancelled by its owner alone, and its call is aborted', async () => {
    const ana = await make({ owner: 'ana' });
    const ben = await make({ owner: 'ben' });
    const slow = 'gpt-3.5-turbo';
    gateway.kit.provider.plan(slow, step.hang());
    const asked = complete(ana.text, { model: slow }, { 'idempotency-key': 'slow-1' });
    await gateway.kit.provider.waitForCalls(slow, 1);
    const path = `/v1/holdfast/completions/${completionIdFor('ana', 'slow-1')}`;
    expect(await ask(path, ben.text, { method: 'DELETE' })).toMatchObject({ status: 404 });
    expect(gateway.kit.provider.calls(slow)[0]?.aborted).toBe(false);
    expect(await ask(path, ana.text, { method: 'DELETE' })).toMatchObject({
      status: 202,
      body: { status: 'cancel_requested' },
    });
    await gateway.kit.provider.waitForAbort(slow);
    expect(await asked).toMatchObject({ status: 499, body: { error: { code: 'cancelled' } } });
  });

  it('of one owner is not joined by another with the same idempotency key', async () => {
    const ana = await make({ owner: 'ana' });
    const ben = await make({ owner: 'ben' });
    const key = { 'idempotency-key': 'shared' };
    const [first, again, bens] = [
      await complete(ana.text, { model }, key),
      await complete(ana.text, { model }, key),
      await complete(ben.text, { model }, key),
    ];
    expect(again.body['id']).toBe(first.body['id']);
    expect(bens.status).toBe(200);
    expect(bens.body['id']).not.toBe(first.body['id']);
  });
});

describe('a gateway without keys', () => {
  it('lets everybody read, but ends only what it started, and serves no page of another site', async () => {
    const headers = { 'content-type': 'application/json' };
    const send = (origin?: string): Promise<Response> =>
      fetch(`${gateway.openUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...headers, ...(origin === undefined ? {} : { origin }) },
        body: JSON.stringify({ model, messages }),
      });
    const { id } = (await (await send()).json()) as { id: string };
    expect((await send('http://localhost:3000')).status).toBe(200);
    for (const origin of ['https://example.com', 'http://127.example.com', 'null']) {
      expect((await send(origin)).status, origin).toBe(403);
    }
    const { id: elsewhere } = await gateway.kit.holdfast.start({ messages, model });
    const at = (name: string): string => `${gateway.openUrl}/v1/holdfast/completions/${name}`;
    expect((await fetch(at(elsewhere))).status).toBe(200);
    expect((await fetch(at(elsewhere), { method: 'DELETE' })).status).toBe(404);
    expect((await fetch(at(id), { method: 'DELETE' })).status).toBe(202);
  });
});

it('no key is in any response or warning', async () => {
  const { text } = await make({ owner: 'leaky' });
  await ask(`/v1/${text}`, text);
  await ask(`/v1/holdfast/completions/${text}`, text);
  await ask(`/v1/models`, text, { method: 'DELETE' });
  await complete((await make({ owner: 'leaky', allowed: ['auto'] })).text, { model: text });
  expect(secrets.length).toBeGreaterThan(10);
  expect(said.length).toBeGreaterThan(50);
  const everything = [...said, ...gateway.warnings].join('\n');
  for (const secret of secrets) expect(everything).not.toContain(secret);
});
