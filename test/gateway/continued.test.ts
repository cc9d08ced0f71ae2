import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { step } from '../support/fake-provider.js';
import { ask, readStream } from './asking.js';
import { startGatewayKit, type GatewayKit } from './gateway-kit.js';

const model = 'gpt-4';
const second = 'claude-3-opus-20240229';
const third = 'gpt-3.5-turbo';
const text =
  'The river rose in the night, and by morning the bridge was gone. Nobody had seen it go. The miller said that he had heard ' +
  'it, long before dawn: a sound like a cart on stones, and after it a silence that made the dogs bark.';
const chain = 'chain:default';

let gateway: GatewayKit;
beforeAll(async () => {
  gateway = await startGatewayKit({
    retry: { idleTimeout: 300 },
    policy: { onStreamCut: 'continue', chains: { default: [model, second, third] } },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const overloaded = { type: 'overloaded_error', message: 'overloaded' };

describe('a stream that breaks off, under onStreamCut: continue', () => {
  it.each([
    ['truncated', step.stream(text, { cutAfter: 9 })],
    ['stalled', step.stream(text, { stallAfter: 7 })],
    ['server_error', step.stream(text, { errorAfter: { tokens: 7, error: { type: 'server_error' } } })],
  ])('%s: the next model goes on, and it is said so', async (because, first) => {
    const { provider, holdfast } = gateway.kit;
    provider.plan(model, step.once(first), step.status(500));
    provider.plan(second, step.goOn(text));
    const response = await ask(gateway.url, { model: chain, stream: true });
    expect(response.headers.get('x-holdfast-model')).toBe(model);
    const read = await readStream(response);
    expect(read).toMatchObject({ text, done: true, models: [model, second] });
    expect(read.continued).toMatchObject([{ from: model, to: second, because, how: 'prefill' }]);
    expect(read.facts?.['continued']).toContain(`${model} > ${second} (${because})`);
    const recorded = await holdfast.get(response.headers.get('x-holdfast-id') ?? '').result();
    expect(recorded.answer).toBe(text);
    expect(recorded.continuations).toMatchObject([{ from: model, to: second }]);
    expect(recorded.notice).toContain(`${second} went on from there`);
    expect(read.continued[0]?.overlapCut).toBeLessThanOrEqual(recorded.continuations?.[0]?.overlapCut ?? 0);
  });

  it('twice: three authors, one answer', async () => {
    const { provider } = gateway.kit;
    provider.plan(model, step.stream(text, { cutAfter: 9 }));
    provider.plan(second, step.goOn(text, { shape: { cutAfter: 9 } }));
    provider.plan(third, step.goOn(text));
    const read = await readStream(await ask(gateway.url, { model: chain, stream: true }));
    expect(read).toMatchObject({ text, done: true, models: [model, second, third] });
    expect(read.continued.map(({ from, to, how }) => [from, to, how])).toEqual([
      [model, second, 'prefill'],
      [second, third, 'instruction'],
    ]);
  });

  it('is asked in words where the model refuses a prefill', async () => {
    const { provider } = gateway.kit;
    provider.plan(model, step.stream(text, { cutAfter: 9 }));
    provider.plan(second, step.goOn(text, { prefill: 'refused' }));
    const read = await readStream(await ask(gateway.url, { model: chain, stream: true }));
    expect(read).toMatchObject({ text, done: true });
    expect(read.continued).toMatchObject([{ to: second, how: 'instruction' }]);
  });

  it('the same model goes on after an error that may pass by itself', async () => {
    const { provider } = gateway.kit;
    const error = { tokens: 7, error: overloaded };
    provider.plan(second, step.once(step.stream(text, { errorAfter: error })), step.goOn(text));
    const read = await readStream(await ask(gateway.url, { model: second, stream: true }));
    expect(read).toMatchObject({ text, done: true, models: [second, second] });
  });

  it('what the model says once more is left out, and counted', async () => {
    const { provider } = gateway.kit;
    provider.plan(model, step.stream(text, { cutAfter: 24 }));
    provider.plan(second, step.answer(text.slice(text.indexOf('Nobody had'))));
    const read = await readStream(await ask(gateway.url, { model: chain, stream: true }));
    expect(read).toMatchObject({ text, done: true });
    expect(read.facts?.['continued']).toContain(`${model} > ${second}`);
  });

  it('another answer instead of the rest is no continuation: the next model is asked', async () => {
    const { provider } = gateway.kit;
    provider.plan(model, step.stream(text, { cutAfter: 48 }));
    provider.plan(second, step.answer(`${text.slice(0, 150)} was wrong, and so was I. Let us begin anew.`));
    provider.plan(third, step.goOn(text));
    const read = await readStream(await ask(gateway.url, { model: chain, stream: true }));
    expect(read).toMatchObject({ text, done: true, models: [model, third] });
  });

  it('both SDKs read it as one answer', async () => {
    const { provider } = gateway.kit;
    provider.plan(model, step.stream(text, { cutAfter: 9 }));
    provider.plan(second, step.goOn(text));
    const messages = [{ role: 'user' as const, content: 'Tell me' }];
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none' });
    const chunks = openai.chat.completions.stream({ model: chain, messages });
    expect((await chunks.finalChatCompletion()).choices[0]?.message.content).toBe(text);
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none' });
    const events = anthropic.messages.stream({ model: chain, messages, max_tokens: 100 });
    expect((await events.finalMessage()).content).toMatchObject([{ type: 'text', text }]);
  });

  it('a JSON answer is never continued: an error, no end', async () => {
    const { provider } = gateway.kit;
    provider.plan(model, step.stream('{"river": "rose", "bridge": "gone"}', { cutAfter: 6 }));
    const before = provider.calls(second).length;
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: chain,
        stream: true,
        response_format: { type: 'json_object' },
        messages: [{ role: 'user', content: 'As JSON' }],
      }),
    });
    expect(await readStream(response)).toMatchObject({ done: false, error: { code: 'stream_cut' } });
    expect(provider.calls(second).length).toBe(before);
  });
});
