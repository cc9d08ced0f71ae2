import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Attendances } from '../../activities/index.js';
import { startCompletionKit } from '../support/completion-kit.js';
import { failed, outcomes } from '../support/endings.js';
import { step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const first = 'gpt-4';
const turbo = 'gpt-3.5-turbo';
const opus = 'claude-3-opus-20240229';
const haiku = 'claude-3-haiku-20240307';
const models = [first, turbo, opus, haiku];
const retry = { maxAttempts: 1 };
const policy = { fallback: { mode: 'concurrent' } };

describe('after the first model failed', () => {
  it('the rest is called at once: the first answer wins, and the calls of the others are closed within a second', async () => {
    await using kit = await startCompletionKit({ retry, policy });
    kit.provider.plan(first, step.status(500));
    kit.provider.plan(turbo, step.hang());
    kit.provider.plan(opus, step.answer('Won', { delayMs: 300 }));
    kit.provider.plan(haiku, step.hangInBody());
    const { answer, model, attempts, fallback, costUsd, notice } = await kit.holdfast.complete({
      models,
      messages,
    });
    const answeredAt = Date.now();
    await Promise.all([kit.provider.waitForAbort(turbo), kit.provider.waitForAbort(haiku)]);
    expect(Date.now() - answeredAt).toBeLessThan(1_000);

    expect([answer, model]).toEqual(['Won', opus]);
    expect(attempts.map(({ model, outcome, role }) => [model, outcome, role])).toEqual([
      [first, 'server_error', undefined],
      [turbo, 'cancelled', 'rival'],
      [haiku, 'cancelled', 'rival'],
      [opus, 'success', 'rival'],
    ]);
    const lost = { message: `${opus} answered first; this call was ended`, costUsd: null };
    expect(attempts.slice(1, 3)).toMatchObject([lost, lost]);
    expect(attempts.map(({ next }) => next)).toEqual([
      { action: 'fallback', to: turbo, because: '1 of 1 attempts used' },
      { action: 'stop', because: `${opus} answered first` },
      { action: 'stop', because: `${opus} answered first` },
      { action: 'answer' },
    ]);
    expect(fallback).toEqual({ from: first, to: opus, reason: 'server_error' });
    expect(notice).toBe(`${first} had a fault; answered by ${opus}.`);
    // What the losers cost nobody said.
    expect(costUsd).toBeNull();
    const begun = kit.provider.calls().map((call) => call.startedAt);
    expect(Math.max(...begun.slice(1)) - Math.min(...begun.slice(1))).toBeLessThan(300);
  });

  it('all failing, each was called once, and the failure tells of all', async () => {
    await using kit = await startCompletionKit({ policy: { fallback: { mode: 'concurrent' } } });
    kit.provider.plan(first, step.status(401));
    kit.provider.plan(turbo, step.status(500));
    kit.provider.plan(opus, step.status(429, { retryAfter: 7 }));
    kit.provider.plan(haiku, step.status(529));
    // One provider says when to come back, but not within the deadline.
    const error = await failed(kit.holdfast.complete({ models, messages, deadlineMs: 6_000 }));
    expect(error).toMatchObject({ kind: 'exhausted', retryAfterMs: 7_000 });
    // The one that was first in the chain decides what is made of it, and stands last.
    expect(error.attempts.map(({ model, outcome }) => [model, outcome])).toEqual([
      [first, 'auth_failed'],
      [opus, 'rate_limited'],
      [haiku, 'overloaded'],
      [turbo, 'server_error'],
    ]);
    expect(error.attempts.every(({ next }) => next !== undefined)).toBe(true);
    expect(error.attempts.at(-1)?.next).toEqual({
      action: 'stop',
      because: 'a wait of 7 s does not fit the time left; no candidate is left',
    });
    for (const model of models) expect(kit.provider.calls(model)).toHaveLength(1);
  });

  it('all failing, is run again when a provider said that it may be called', async () => {
    await using kit = await startCompletionKit({ policy });
    kit.provider.plan(first, step.status(500));
    kit.provider.plan(turbo, step.status(500));
    const later = step.status(429, { headers: { 'retry-after-ms': '300' } });
    kit.provider.plan(opus, step.once(later), step.answer('When it was let'));
    const { answer, model } = await kit.holdfast.complete({ models: [first, turbo, opus], messages });
    expect([answer, model]).toEqual(['When it was let', opus]);
    expect(kit.provider.calls(opus)).toHaveLength(2);
  });

  it('maxTokens and timeout hold for the race alone', async () => {
    const limits = { mode: 'concurrent', maxTokens: 64, timeout: 400 };
    await using kit = await startCompletionKit({ retry, policy: { fallback: limits } });
    kit.provider.plan(first, step.status(500));
    kit.provider.plan(turbo, step.hang());
    kit.provider.plan(opus, step.hang());
    const request = { models: [first, turbo, opus], messages };
    const error = await failed(kit.holdfast.complete({ ...request, maxTokens: 500 }));
    expect(outcomes(error.attempts)).toEqual(['server_error', 'timeout', 'timeout']);
    const [, within] = /within (\d+) ms/.exec(error.attempts[1]?.message ?? '') ?? [];
    expect(Number(within)).toBeLessThanOrEqual(400);
    kit.provider.plan(turbo, step.answer('Short'));
    await kit.holdfast.complete({ ...request, maxTokens: 32 });
    const asked = kit.provider.calls().map(({ model, body }) => [model, body['max_tokens']]);
    expect(asked.filter(([model]) => model === first)).toEqual([
      [first, 500],
      [first, 32],
    ]);
    expect(asked.filter(([model]) => model === turbo)).toEqual([
      [turbo, 64],
      [turbo, 32],
    ]);
  });

  it('a budget limits how many race', async () => {
    await using kit = await startCompletionKit({ retry, policy });
    kit.provider.plan(first, step.status(500));
    kit.provider.plan(haiku, step.status(500));
    kit.provider.plan(turbo, step.status(500));
    kit.provider.plan(opus, step.answer('Alone'));
    // About $0.0015 for turbo, $0.00125 for haiku and $0.075 for opus, which fits by itself and not beside them.
    const asked = { models: [first, turbo, haiku, opus], messages, maxCostUsd: 0.077 };
    const { attempts } = await kit.holdfast.complete(asked);
    expect(attempts.map(({ model, outcome, role }) => [model, outcome, role])).toEqual([
      [first, 'server_error', undefined],
      [haiku, 'server_error', 'rival'],
      [turbo, 'server_error', 'rival'],
      [opus, 'success', undefined],
    ]);
  });
});

describe('a rival that is not called', () => {
  it('for its breaker costs no call and spoils nothing', async () => {
    const circuitBreaker = { failureThreshold: 1, recoveryTimeout: 60_000 };
    await using kit = await startCompletionKit({ retry, policy: { ...policy, circuitBreaker } });
    kit.provider.plan(turbo, step.status(500));
    await failed(kit.holdfast.complete({ model: turbo, messages }));
    kit.provider.plan(first, step.status(401));
    kit.provider.plan(opus, step.answer('Won'));
    const { answer, attempts } = await kit.holdfast.complete({ models: [first, turbo, opus], messages });
    expect(answer).toBe('Won');
    expect(attempts.map(({ model, outcome }) => [model, outcome])).toEqual([
      [first, 'auth_failed'],
      [turbo, 'circuit_open'],
      [opus, 'success'],
    ]);
    expect(attempts[1]).toMatchObject({ refusal: { by: 'breaker' }, next: { action: 'stop' } });
    expect(attempts[1]?.costUsd).toBeUndefined();
    expect(kit.provider.calls(turbo)).toHaveLength(1);
  });

  it('for a hook leaves the others in the race', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-race-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const module = path.join(folder, 'hooks.mjs');
    await writeFile(
      module,
      `export const veto = ({ model }) => (model === '${turbo}' ? { veto: 'no' } : undefined);`,
    );
    const hooks = { beforeAttempt: [{ module, export: 'veto' }] };
    await using kit = await startCompletionKit({ retry, policy, hooks });
    kit.provider.plan(first, step.status(500));
    kit.provider.plan(opus, step.answer('Won', { delayMs: 200 }));
    const { answer, attempts } = await kit.holdfast.complete({ models: [first, turbo, opus], messages });
    expect(answer).toBe('Won');
    expect(outcomes(attempts)).toEqual(['server_error', 'vetoed', 'success']);
    expect(kit.provider.calls(turbo)).toHaveLength(0);
  });
});

describe('a race of streams', () => {
  const text = 'One two three four five six seven eight.';
  const stream = (firstTokenAfterMs: number, gapMs: number): ReturnType<typeof step.stream> =>
    step.stream(text, { firstTokenAfterMs, gapMs });

  it('is decided by the first token, and listeners hear one author', async () => {
    const attendances = new Attendances();
    await using kit = await startCompletionKit({ retry, policy, attendances });
    kit.provider.plan(first, step.status(500));
    // The one that begins first is by far the last to end.
    kit.provider.plan(turbo, stream(0, 150));
    kit.provider.plan(opus, stream(600, 0));
    const heard: string[] = [];
    attendances.attend('streams', { heard: ({ model }) => heard.push(model) });
    const asked = { id: 'streams', models: [first, turbo, opus], messages, stream: true };
    const { answer, model, attempts } = await kit.holdfast.complete(asked);
    expect([answer, model]).toEqual([text, turbo]);
    expect(new Set(heard)).toEqual(new Set([turbo]));
    expect(outcomes(attempts)).toEqual(['server_error', 'cancelled', 'success']);
    expect(kit.provider.calls(opus).map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('that breaks off after its first token gives those their turn whose calls it ended', async () => {
    await using kit = await startCompletionKit({ retry, policy });
    kit.provider.plan(first, step.status(500));
    kit.provider.plan(turbo, step.stream(text, { cutAfter: 'half' }));
    kit.provider.plan(opus, step.once(step.hang()), step.answer('Whole'));
    const asked = { models: [first, turbo, opus], messages, stream: true };
    const { answer, attempts } = await kit.holdfast.complete(asked);
    expect(answer).toBe('Whole');
    expect(attempts.map(({ model, outcome }) => [model, outcome])).toEqual([
      [first, 'server_error'],
      [opus, 'cancelled'],
      [turbo, 'truncated'],
      [opus, 'success'],
    ]);
    expect(attempts[1]?.message).toBe(`${turbo} began to answer first; this call was ended`);
    expect(attempts[2]?.next).toMatchObject({ action: 'fallback', to: opus });
  });
});
