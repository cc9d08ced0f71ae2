import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeProvider, step, type FakeProvider } from './fake-provider.js';

let fake: FakeProvider;
beforeEach(async () => {
  fake = await startFakeProvider();
});
afterEach(async () => {
  await fake.stop().catch(() => undefined);
});

const hello = { messages: [{ role: 'user', content: 'Hi.' }] };

function ask(body: unknown, path = '/v1/chat/completions', signal?: AbortSignal): Promise<Response> {
  return fetch(fake.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

describe('the fake provider', () => {
  it('takes the steps of a plan in order and repeats the last', async () => {
    fake.plan('m', step.status(500), step.status(429), step.answer('ok'));
    const statuses: number[] = [];
    for (let asked = 0; asked < 4; asked += 1) statuses.push((await ask({ model: 'm', ...hello })).status);
    expect(statuses).toEqual([500, 429, 200, 200]);
    expect(fake.calls('m').map((call) => call.step)).toEqual([
      'status 500',
      'status 429',
      'answer',
      'answer',
    ]);
    await fake.stop();
  });

  it('fails on a request beyond a plan that ends with once', async () => {
    fake.plan('m', step.once(step.answer('only')));
    expect((await ask({ model: 'm', ...hello })).status).toBe(200);
    expect((await ask({ model: 'm', ...hello })).status).toBe(404);
    await expect(fake.stop()).rejects.toThrow('nobody planned this request');
  });

  it('writes answers of either format', async () => {
    fake.plan('m', step.answer('Hello.'));
    expect(await (await ask({ model: 'm', ...hello })).json()).toMatchObject({
      object: 'chat.completion',
      model: 'm',
      choices: [{ message: { content: 'Hello.' }, finish_reason: 'stop' }],
    });
    expect(await (await ask({ model: 'm', max_tokens: 5, ...hello }, '/v1/messages')).json()).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
    });
  });

  it('streams the same answer where a stream is asked for, in fragments', async () => {
    fake.plan('m', step.stream('Hello.', { pings: true }));
    const openai = await (await ask({ model: 'm', stream: true, ...hello })).text();
    expect(openai).toMatch(/^data: {"choices":\[\]/);
    expect([...openai.matchAll(/"content":"([^"]+)"/g)].map(([, text]) => text)).toEqual(['Hell', 'o.']);
    expect(openai).toMatch(/"finish_reason":"stop"[^]*data: \[DONE\]\n\n$/);
    const body = { model: 'm', max_tokens: 5, stream: true, ...hello };
    const anthropic = await (await ask(body, '/v1/messages')).text();
    expect(anthropic).toMatch(/^event: message_start\n[^]*event: message_stop\ndata: .*\n\n$/);
    expect([...anthropic.matchAll(/"text":"([^"]+)"/g)].map(([, text]) => text)).toEqual(['Hell', 'o.']);
  });

  it.each<[string, unknown, string?]>([
    ['no JSON', '{"model": '],
    ['no model', hello],
    ['no messages', { model: 'm', messages: [] }],
    ['an unknown role', { model: 'm', messages: [{ role: 'robot', content: 'x' }] }],
    ['a field that Holdfast does not send', { model: 'm', ...hello, api_key: 'sk-x' }],
    ['no max_tokens in the Anthropic format', { model: 'm', ...hello }, '/v1/messages'],
    [
      'two turns of one role in the Anthropic format',
      { model: 'm', max_tokens: 1, messages: [...hello.messages, ...hello.messages] },
      '/v1/messages',
    ],
    ['stream_options without a stream', { model: 'm', stream_options: { include_usage: true }, ...hello }],
    ['another path', { model: 'm', ...hello }, '/chat/completions'],
  ])('fails on %s', async (_, body, path) => {
    fake.plan('m', step.answer('never'));
    expect((await ask(body, path)).ok).toBe(false);
    expect(fake.calls()).toHaveLength(0);
    await expect(fake.stop()).rejects.toThrow('should not have');
  });

  it('sees when the client leaves before the answer', async () => {
    fake.plan('m', step.answer('too late', { delayMs: 60_000 }));
    const leaving = new AbortController();
    const asked = ask({ model: 'm', ...hello }, undefined, leaving.signal);
    await fake.waitForCalls('m', 1);
    expect(fake.calls('m')[0]?.aborted).toBe(false);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await fake.waitForAbort('m');
    expect(fake.calls('m')[0]?.aborted).toBe(true);
    await fake.stop();
  });
});
