import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FailureKind } from '../../contracts/outcome.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { failed, outcomes } from '../support/endings.js';
import { step, type Step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const openai = 'gpt-4';
const anthropic = 'claude-3-opus-20240229';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit({ retry: { maxAttempts: 2, attemptTimeout: 1_500 } });
});
afterAll(() => kit.stop());

/** Every ending that a plain call can have by itself, and what follows it. */
const endings: {
  kind: FailureKind;
  when: string;
  first: Step;
  calls: 1 | 2;
  only?: 'openai' | 'anthropic';
}[] = [
  {
    kind: 'rate_limited',
    when: '429 with a short Retry-After',
    first: step.status(429, { headers: { 'retry-after-ms': '20' } }),
    calls: 2,
  },
  {
    kind: 'rate_limited',
    when: '429 with a Retry-After of a minute',
    first: step.status(429, { retryAfter: 60 }),
    calls: 1,
  },
  { kind: 'overloaded', when: '503', first: step.status(503), calls: 2 },
  { kind: 'overloaded', when: '529', first: step.status(529), calls: 2 },
  { kind: 'server_error', when: '500', first: step.status(500), calls: 2 },
  {
    kind: 'server_error',
    when: 'an error in a 200',
    first: step.errorIn200({ type: 'api_error', message: 'internal trouble' }),
    calls: 2,
  },
  { kind: 'timeout', when: 'the provider hangs', first: step.hang(), calls: 2 },
  { kind: 'timeout', when: 'the provider hangs in the body', first: step.hangInBody(), calls: 2 },
  { kind: 'timeout', when: '504', first: step.status(504), calls: 2 },
  { kind: 'connection', when: 'the connection is reset', first: step.reset(), calls: 2 },
  { kind: 'truncated', when: 'the body is cut', first: step.cutBody(), calls: 1 },
  { kind: 'malformed', when: 'the body is not JSON', first: step.malformed(), calls: 2 },
  { kind: 'empty', when: 'nothing is in the answer', first: step.empty(), calls: 2 },
  {
    kind: 'quota_exhausted',
    when: 'the quota is used up',
    first: step.status(429, {
      code: 'insufficient_quota',
      type: 'insufficient_quota',
      message: 'You exceeded your current quota',
    }),
    calls: 1,
    only: 'openai',
  },
  {
    kind: 'quota_exhausted',
    when: 'the credit balance is too low',
    first: step.status(400, {
      type: 'invalid_request_error',
      message: 'Your credit balance is too low to access the Anthropic API.',
    }),
    calls: 1,
    only: 'anthropic',
  },
  { kind: 'auth_failed', when: '401', first: step.status(401), calls: 1 },
  { kind: 'model_not_found', when: '404 for the model', first: step.status(404), calls: 1 },
  { kind: 'misconfigured', when: 'a web page answers', first: step.html(), calls: 1 },
  { kind: 'payload_too_large', when: '413', first: step.status(413), calls: 1 },
  {
    kind: 'unsupported_by_model',
    when: 'images are refused',
    first: step.status(400, { message: 'This model does not support images', code: 'unsupported_value' }),
    calls: 1,
    only: 'openai',
  },
];

describe.each([
  { format: 'openai' as const, primary: openai, secondary: anthropic },
  { format: 'anthropic' as const, primary: anthropic, secondary: openai },
])('$format format', ({ format, primary, secondary }) => {
  const cases = endings.filter(({ only }) => only === undefined || only === format);

  it.each(cases)('$when -> $kind, $calls call(s), then the next model', async ({ kind, first, calls }) => {
    kit.provider.plan(primary, first);
    kit.provider.plan(secondary, step.answer('Hello'));
    const before = kit.provider.calls(primary).length;

    const { attempts, model, answer, fallback } = await kit.holdfast.complete({
      models: [primary, secondary],
      messages,
    });

    expect({ model, answer, fallback }).toEqual({
      model: secondary,
      answer: 'Hello',
      fallback: { from: primary, to: secondary, reason: kind },
    });
    expect(outcomes(attempts)).toEqual([...Array<string>(calls).fill(kind), 'success']);
    expect(kit.provider.calls(primary).length - before).toBe(calls);
    expect(attempts.every(({ next }) => next !== undefined)).toBe(true);
  });

  it('a retry that works ends the completion with the model asked for', async () => {
    kit.provider.plan(primary, step.once(step.status(500)), step.answer('Second time lucky'));
    const { model, fallback, attempts } = await kit.holdfast.complete({
      models: [primary, secondary],
      messages,
    });
    expect({ model, fallback }).toEqual({ model: primary, fallback: null });
    expect(outcomes(attempts)).toEqual(['server_error', 'success']);
  });

  it('a refusal is an answer, not an outage', async () => {
    kit.provider.plan(primary, step.answer('', { refusal: 'I would rather not.' }));
    expect(await kit.holdfast.complete({ model: primary, messages })).toMatchObject({
      refused: true,
      answer: 'I would rather not.',
      fallback: null,
    });
  });

  it('an answer cut at max_tokens is an answer, and says that it is incomplete', async () => {
    kit.provider.plan(primary, step.answer('Once upon a', { finishReason: 'length' }));
    expect(await kit.holdfast.complete({ model: primary, messages, maxTokens: 3 })).toMatchObject({
      answer: 'Once upon a',
      incomplete: 'length',
    });
  });

  it('usage and cost are what the provider counted', async () => {
    kit.provider.plan(primary, step.answer('Hello', { usage: { inputTokens: 1_000, outputTokens: 200 } }));
    const { usage, costUsd } = await kit.holdfast.complete({ model: primary, messages });
    expect(usage).toMatchObject({ inputTokens: 1_000, outputTokens: 200 });
    expect(costUsd).toBeCloseTo(format === 'openai' ? 0.03 + 0.012 : 0.015 + 0.015);
  });
});

describe('endings that no other model can mend', () => {
  it.each([
    { kind: 'bad_request', first: step.status(400, { message: 'messages: something is wrong with them' }) },
    {
      kind: 'content_filtered',
      first: step.status(400, { code: 'content_filter', message: 'The prompt was filtered' }),
    },
  ])('$kind stops the walk at once, with the provider’s words', async ({ kind, first }) => {
    kit.provider.plan(openai, first);
    const before = kit.provider.calls().length;
    const failure = await failed(kit.holdfast.complete({ messages }));
    expect(failure).toMatchObject({ kind, requestedModel: openai });
    expect(kit.provider.calls().length - before).toBe(1);
    expect(failure.message).toMatch(/wrong with them|was filtered/);
  });
});

describe('context_too_long', () => {
  it('goes past the smaller model to one with a larger window', async () => {
    kit.provider.plan(
      openai,
      step.status(400, { code: 'context_length_exceeded', message: 'maximum context length is 8192 tokens' }),
    );
    kit.provider.plan('claude-3-haiku-20240307', step.answer('I have room'));
    const { attempts } = await kit.holdfast.complete({ chain: 'long', messages });
    expect(attempts.map(({ model }) => model)).toEqual([openai, 'claude-3-haiku-20240307']);
  });
});

describe('when all is exhausted', () => {
  it('the failure is typed, and has the whole trail and what to do', async () => {
    kit.provider.plan(openai, step.status(503));
    kit.provider.plan(anthropic, step.status(401));
    const failure = await failed(kit.holdfast.complete({ messages }));
    expect(failure.kind).toBe('exhausted');
    expect(outcomes(failure.attempts)).toEqual(['overloaded', 'overloaded', 'auth_failed']);
    expect(failure.attempts.at(-1)?.next).toMatchObject({ action: 'stop' });
    expect(failure.message).toContain('gpt-4 (2 calls): overloaded');
  });

  it('rate limits everywhere say how long to wait', async () => {
    kit.provider.plan(openai, step.status(429, { retryAfter: 60 }));
    kit.provider.plan(anthropic, step.status(429, { retryAfter: 400 }));
    const failure = await failed(kit.holdfast.complete({ messages }));
    expect(failure).toMatchObject({ kind: 'rate_limited', retryAfterMs: 60_000 });
  });

  it('keys refused everywhere are one kind', async () => {
    kit.provider.plan(
      openai,
      step.status(429, { code: 'insufficient_quota', message: 'You exceeded your current quota' }),
    );
    kit.provider.plan(anthropic, step.status(401));
    expect((await failed(kit.holdfast.complete({ messages }))).kind).toBe('credentials_exhausted');
  });
});

describe('adapted requests', () => {
  it('a parameter that the model refuses is left out, and the result says so', async () => {
    kit.provider.plan(
      openai,
      step.once(
        step.status(400, {
          code: 'unsupported_value',
          message: "Unsupported value: 'temperature' does not support 0.2 with this model.",
        }),
      ),
      step.answer('Fine without'),
    );
    const before = kit.provider.calls(openai).length;
    const { attempts, notices } = await kit.holdfast.complete({ model: openai, messages, temperature: 0.2 });
    expect(outcomes(attempts)).toEqual(['unsupported_by_model', 'success']);
    expect(attempts[0]?.next).toMatchObject({ because: 'adapted' });
    expect(notices.join()).toContain('temperature');
    expect(
      kit.provider
        .calls(openai)
        .slice(before)
        .map(({ body }) => 'temperature' in body),
    ).toEqual([true, false]);
  });
});
