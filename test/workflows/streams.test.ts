import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attendances } from '../../activities/index.js';
import type { AnswerDelta } from '../../contracts/chat.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const openai = 'gpt-4';
const anthropic = 'claude-3-opus-20240229';
const text = 'One two three four five six seven eight.';

const attendances = new Attendances();
let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit({
    attendances,
    retry: { attemptTimeout: 1_500, firstTokenTimeout: 1_500, idleTimeout: 800, maxAttempts: 1 },
  });
});
afterAll(() => kit.stop());

/** Starts a streamed completion and hears every piece of it. */
async function listenTo(
  id: string,
  request: { model?: string },
): Promise<{ heard: Heard[]; answer: string }> {
  const heard: Heard[] = [];
  const stop = attendances.attend(id, { heard: ({ model, delta }) => heard.push({ model, delta }) });
  const { answer } = await kit.holdfast.complete({ id, messages, stream: true, ...request });
  stop();
  return { heard, answer };
}

interface Heard {
  model: string;
  delta: AnswerDelta;
}

const textOf = (heard: Heard[]): string =>
  heard.map(({ delta }) => (delta.type === 'text' ? delta.text : '')).join('');

describe.each([openai, anthropic])('a streamed completion of %s', (model) => {
  it('gives the same answer as a plain one, and a listener in this process hears it as it is written', async () => {
    kit.provider.plan(model, step.answer(text));
    const plain = await kit.holdfast.complete({ model, messages });
    const { heard, answer } = await listenTo(`stream-${model}`, { model });
    expect(answer).toBe(plain.answer);
    expect(textOf(heard)).toBe(answer);
    expect(heard.length).toBeGreaterThan(1);

    const streamed = await kit.holdfast.get(`stream-${model}`).result();
    expect(streamed.usage).toEqual(plain.usage);
    expect(streamed.finishReason).toBe(plain.finishReason);
    expect(streamed.attempts[0]?.firstTokenMs).toBeGreaterThanOrEqual(0);
    expect(plain.attempts[0]?.firstTokenMs).toBeUndefined();
  });

  it('lasts longer than an attempt may, as long as tokens come', async () => {
    kit.provider.plan(model, step.stream(text, { gapMs: 300 }));
    const started = Date.now();
    const { answer } = await listenTo(`slow-${model}`, { model });
    expect(answer).toBe(text);
    expect(Date.now() - started).toBeGreaterThan(1_500);
  });
});

describe('a stream that has begun', () => {
  it('goes on past the share of its model, to the deadline if need be', async () => {
    kit.provider.plan(openai, step.stream(text, { gapMs: 400 }));
    kit.provider.plan(anthropic, step.answer('nobody is to ask for this'));
    const { answer, model } = await kit.holdfast.complete({ messages, stream: true, deadlineMs: 6_000 });
    expect([answer, model]).toEqual([text, openai]);
  });
});

describe('a stream that the deadline cuts', () => {
  it('says that it was the deadline, although it lasted longer than an attempt may', async () => {
    kit.provider.plan(openai, step.stream(text, { gapMs: 500 }));
    const cut = kit.holdfast.complete({ model: openai, messages, stream: true, deadlineMs: 4_000 });
    await expect(cut).rejects.toMatchObject({
      kind: 'deadline_exceeded',
      attempts: [{ outcome: 'timeout' }],
    });
  });
});

describe('a stream with the next key', () => {
  it('is told apart from what came with the key before', async () => {
    const own = new Attendances();
    await using rotating = await startCompletionKit({
      attendances: own,
      keys: ['env:TEST_KEY', 'env:TEST_KEY_2'],
    });
    rotating.provider.plan(openai, step.once(step.status(401)), step.answer('With the second'));
    const calls = new Set<number>();
    own.attend('rotated', { heard: ({ call }) => void calls.add(call) });
    await rotating.holdfast.complete({ id: 'rotated', model: openai, messages, stream: true });
    expect([...calls]).toEqual([1]);
  });
});

describe('a stream that fails', () => {
  it.each([
    ['timeout', step.stream(text, { firstTokenAfterMs: 60_000 })],
    ['stalled', step.stream(text, { stallAfter: 2 })],
    ['truncated', step.stream(text, { cutAfter: 2 })],
  ])('%s is followed by another model, whose answer alone is recorded', async (kind, first) => {
    kit.provider.plan(openai, first);
    kit.provider.plan(anthropic, step.answer('Whole'));
    const { heard, answer } = await listenTo(`fallback-${kind}`, {});
    expect(answer).toBe('Whole');
    expect(textOf(heard.filter(({ model }) => model === anthropic))).toBe('Whole');
    const { attempts } = await kit.holdfast.get(`fallback-${kind}`).result();
    expect(attempts.map(({ outcome }) => outcome)).toEqual([kind, 'success']);
  });
});
