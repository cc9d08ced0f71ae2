import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { step } from '../support/fake-provider.js';
import { ask, readStream } from './asking.js';
import { startGatewayKit, type GatewayKit } from './gateway-kit.js';

const model = 'gpt-4';
const second = 'claude-3-opus-20240229';
const text = 'An answer that comes in several pieces';

let gateway: GatewayKit;
beforeAll(async () => {
  gateway = await startGatewayKit();
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function answerOf(response: Response, stream: boolean): Promise<string> {
  if (stream) return (await readStream(response)).text;
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? '';
}

const idOf = (response: Response): string => response.headers.get('x-holdfast-id') ?? '';

describe.each([
  ['overlapped', true],
  ['ordinary', false],
])('%s', (_name, overlapped) => {
  it.each([
    ['plain', false, undefined],
    ['streamed', true, undefined],
    ['keyed', false, 'key'],
    ['keyed and streamed', true, 'key'],
  ])('%s: one provider call, and the answer that is recorded', async (name, stream, key) => {
    await using kit = overlapped ? undefined : await startGatewayKit({ overlapped });
    const { url, kit: parts } = kit ?? gateway;
    parts.provider.plan(model, step.answer(text));
    const before = parts.provider.calls(model).length;
    const response = await ask(url, { model, stream, ...(key && { key: `${parts.taskQueue} ${name}` }) });
    expect(response.status).toBe(200);
    const id = idOf(response);
    const said = await answerOf(response, stream);
    const recorded = await parts.holdfast.get(id).result();
    expect(said).toBe(text);
    expect(recorded.answer).toBe(text);
    expect(parts.provider.calls(model).length - before).toBe(1);
    const { events } = await parts.temporal.workflow.getHandle(id).fetchHistory();
    // Those of a bare workflow with one activity, and the marker of the route where the workflow asks for it.
    expect(events?.length).toBe(overlapped ? 11 : 12);
  });
});

describe('what the client is told', () => {
  it('is what is recorded, though it is told before the workflow has ended', async () => {
    gateway.kit.provider.plan(model, step.once(step.status(503)), step.answer(text));
    const response = await ask(gateway.url, { model });
    const recorded = await gateway.kit.holdfast.get(idOf(response)).result();
    expect(recorded.attempts).toHaveLength(2);
    expect(response.headers.get('x-holdfast-attempts')).toBe('2');
    expect(Number(response.headers.get('x-holdfast-cost-usd'))).toBe(recorded.costUsd);
    expect(response.headers.get('x-holdfast-model')).toBe(recorded.model);
  });

  it('streams from the process even when the first model, and a first try, had failed', async () => {
    gateway.kit.provider.plan(model, step.status(401));
    gateway.kit.provider.plan(second, step.once(step.status(503)), step.stream(text, { gapMs: 50 }));
    const response = await ask(gateway.url, { model: 'chain:default', stream: true });
    const recorded = gateway.kit.holdfast.get(idOf(response)).result();
    let ended = false;
    void recorded.then(() => (ended = true));
    expect(response.headers.get('x-holdfast-model')).toBe(second);
    // Its headers came with the first token, long before the record.
    expect(ended).toBe(false);
    expect(await readStream(response)).toMatchObject({
      text,
      done: true,
      facts: { model: second, attempts: 3 },
    });
    expect((await recorded).attempts).toHaveLength(3);
  });
});

describe('a client that leaves', () => {
  it.each([false, true])('ends the call of the provider, and the completion (stream: %s)', async (stream) => {
    const { provider, temporal } = gateway.kit;
    provider.plan(model, stream ? step.stream(text, { gapMs: 60_000 }) : step.hang());
    const before = provider.calls(model).length;
    const leaving = new AbortController();
    const asked = ask(gateway.url, { model, stream, signal: leaving.signal });
    await provider.waitForCalls(model, before + 1);
    if (stream) await asked;
    asked.catch(() => undefined);
    const call = provider.calls(model)[before];
    leaving.abort();
    await vi.waitFor(() => expect(call?.aborted).toBe(true), { timeout: 5_000, interval: 10 });
    const cancelled = temporal.workflow.list({
      query: `TaskQueue = '${gateway.kit.taskQueue}' AND ExecutionStatus = 'Canceled'`,
    });
    await vi.waitFor(
      async () => {
        let found = 0;
        for await (const { status } of cancelled) found += status.name === 'CANCELLED' ? 1 : 0;
        expect(found).toBeGreaterThan(0);
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(provider.calls(model).length).toBe(before + 1);
  });

  it('with a key leaves the completion running, and finds its answer', async () => {
    const { provider } = gateway.kit;
    provider.plan(model, step.stream(text, { gapMs: 60 }));
    const before = provider.calls(model).length;
    const leaving = new AbortController();
    const key = `${gateway.kit.taskQueue} left and came back`;
    await ask(gateway.url, { model, stream: true, key, signal: leaving.signal });
    leaving.abort();
    const joined = await ask(gateway.url, { model, stream: true, key });
    expect(joined.headers.get('x-holdfast-replayed')).toBe('true');
    expect(await readStream(joined)).toMatchObject({ text, done: true });
    const replayed = await ask(gateway.url, { model, key });
    expect(replayed.headers.get('x-holdfast-replayed')).toBe('true');
    expect(await answerOf(replayed, false)).toBe(text);
    const other = await ask(gateway.url, { model, key, content: 'Something else' });
    expect(other.status).toBe(422);
    expect(provider.calls(model).length - before).toBe(1);
  });
});

describe('a stream that breaks off after its first token', () => {
  it.each([
    ['without a key, and the completion ends', undefined],
    ['with a key, and the completion goes on for the record', 'cut'],
  ])('ends with an error and no marker %s', async (_what, key) => {
    const { provider } = gateway.kit;
    provider.plan(model, step.stream(text, { cutAfter: 4 }));
    provider.plan(second, step.answer('The answer of another'));
    const before = provider.calls(second).length;
    const response = await ask(gateway.url, { model: 'chain:default', stream: true, ...(key && { key }) });
    const read = await readStream(response);
    expect(read).toMatchObject({ done: false, error: { code: 'stream_cut' } });
    expect(text.startsWith(read.text)).toBe(true);
    if (key === undefined) {
      await expect(gateway.kit.holdfast.get(idOf(response)).result()).rejects.toThrow();
      expect(provider.calls(second).length).toBe(before);
      return;
    }
    const again = await ask(gateway.url, { model: 'chain:default', stream: true, key });
    expect(await readStream(again)).toMatchObject({ text: 'The answer of another', done: true });
  });
});

describe('a gateway apart from the workers', () => {
  it('never ends a half told tool call cleanly, though another process makes the call', async () => {
    await using apart = await startGatewayKit({ apart: true, polls: false });
    const toolCalls = [{ name: 'transfer', arguments: { amount: 20_000, to: 'somebody' } }];
    const slow = step.stream('', { gapMs: 1_000 }, { toolCalls });
    apart.kit.provider.plan(model, slow, step.toolCalls(toolCalls));
    const read = await readStream(await ask(apart.url, { model, stream: true }));
    expect(read).toMatchObject({ done: false, error: { code: 'stream_cut' } });
  });

  it('makes one call each, though the workflows run in another process', async () => {
    await using apart = await startGatewayKit({ apart: true });
    apart.kit.provider.plan(model, step.answer(text, { delayMs: 50 }));
    const many = Array.from({ length: 40 }, (_, index) => index);
    const answers = await Promise.all(
      many.map(async (index) =>
        answerOf(await ask(apart.url, { model, stream: index % 2 === 0 }), index % 2 === 0),
      ),
    );
    expect(new Set(answers)).toEqual(new Set([text]));
    expect(apart.kit.provider.calls(model)).toHaveLength(many.length);
  });

  it('whose queue nobody polls: another process calls, and the call that nobody took over is ended', async () => {
    await using apart = await startGatewayKit({ apart: true, polls: false });
    const { provider, holdfast } = apart.kit;
    provider.plan(model, step.hang(), step.answer(text));
    const response = await ask(apart.url, { model });
    expect(await answerOf(response, false)).toBe(text);
    expect(provider.calls(model)).toHaveLength(2);
    await vi.waitFor(() => expect(provider.calls(model)[0]?.aborted).toBe(true), { timeout: 5_000 });
    const { attempts } = await holdfast.get(idOf(response)).result();
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['worker_lost', 'success']);
  });
});

it('more completions than a gateway can take are turned away before any call', async () => {
  await using small = await startGatewayKit({ mostOpen: 2 });
  const { provider } = small.kit;
  provider.plan(model, step.answer(text, { delayMs: 300 }));
  const asked = await Promise.all([1, 2, 3].map(() => ask(small.url, { model })));
  expect(asked.map(({ status }) => status).sort()).toEqual([200, 200, 503]);
  const refused = asked.find(({ status }) => status === 503);
  expect(refused?.headers.get('x-holdfast-error')).toBe('too_many_open');
  expect(refused?.headers.get('retry-after')).toBe('1');
  expect(provider.calls(model)).toHaveLength(2);
  expect((await ask(small.url, { model })).status).toBe(200);
});

it('who joins waits no longer than it may itself; the completion goes on', async () => {
  const { provider } = gateway.kit;
  provider.plan(model, step.answer(text, { delayMs: 1_500 }));
  const before = provider.calls(model).length;
  const key = `${gateway.kit.taskQueue} two deadlines`;
  const first = ask(gateway.url, { model, key });
  await provider.waitForCalls(model, before + 1);
  const hurried = await ask(gateway.url, { model, key, headers: { 'x-holdfast-deadline': '300ms' } });
  expect(hurried.status).toBe(504);
  expect((await first).status).toBe(200);
});
