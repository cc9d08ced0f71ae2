import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AnswerDelta } from '../../contracts/chat.js';
import {
  createProvider,
  type Provider,
  type ProviderCall,
  type StreamLimits,
} from '../../providers/index.js';
import { startFakeProvider, step, type FakeProvider, type Step } from '../support/fake-provider.js';
import { plainCall, streamedCall } from './recorded-streams.js';

const long = 30_000;
const spoken = 'One two three four.';

describe.each(['openai', 'anthropic'] as const)('a streamed call, %s', (format) => {
  let fake: FakeProvider;
  let provider: Provider;
  let models = 0;

  beforeAll(async () => {
    fake = await startFakeProvider();
    const baseUrl = format === 'openai' ? fake.openaiUrl : fake.anthropicUrl;
    provider = createProvider({ name: 'fake', kind: format, baseUrl });
  });
  afterAll(() => fake.stop());

  /** Plans one step and asks for it. `told` holds the pieces that the listener was told of. */
  async function meet(
    planned: Step,
    limits: Partial<StreamLimits> = {},
    changes: Partial<ProviderCall> = {},
  ) {
    const model = `model-${++models}`;
    fake.plan(model, step.once(planned));
    const told: AnswerDelta[] = [];
    const stream: StreamLimits = {
      firstTokenTimeoutMs: long,
      idleTimeoutMs: long,
      onDelta: (delta) => told.push(delta),
      ...limits,
    };
    const reply = await provider.call(streamedCall({ upstreamModel: model, stream, ...changes }));
    return { model, reply, told };
  }

  async function failure(
    planned: Step,
    limits: Partial<StreamLimits> = {},
    changes: Partial<ProviderCall> = {},
  ) {
    const { model, reply, told } = await meet(planned, limits, changes);
    if (reply.ok) throw new Error('expected a failure');
    return { model, failure: reply.failure, told };
  }

  it('tells each piece in order and gives the answer of a plain call', async () => {
    const usage = { inputTokens: 12, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 3 };
    const { reply, told } = await meet(step.stream(spoken, {}, { usage, model: 'exact' }));
    const plan = step.answer(spoken, { usage, model: 'exact' });
    fake.plan('plain', step.once(plan));
    const plain = await provider.call(plainCall({ upstreamModel: 'plain' }));
    if (!reply.ok || !plain.ok) throw new Error('expected two answers');

    expect({ ...reply.answer, responseId: '' }).toEqual({ ...plain.answer, responseId: '' });
    expect(told.map((delta) => (delta.type === 'text' ? delta.text : delta.type))).toEqual([
      'One ',
      'two ',
      'thre',
      'e fo',
      'ur.',
    ]);
  });

  it('a first token that does not come in time -> timeout, connection closed', async () => {
    const silent = step.stream(spoken, { stallAfter: 0 });
    const seen = await failure(silent, { firstTokenTimeoutMs: 500 });
    expect(seen.failure).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('500 ms') as string,
    });
    expect(seen.told).toEqual([]);
    await fake.waitForAbort(seen.model);
  });

  it('roles, pings and empty chunks are no first token', async () => {
    const alive = step.stream(spoken, { stallAfter: 0, pings: true });
    expect((await failure(alive, { firstTokenTimeoutMs: 100 })).failure.kind).toBe('timeout');
  });

  it('a late first token is waited for, within its own limit, and measured', async () => {
    const { reply } = await meet(step.stream(spoken, { firstTokenAfterMs: 300, pings: true }), {
      idleTimeoutMs: 5_000,
    });
    if (!reply.ok) throw new Error('expected an answer');
    expect(reply.firstTokenMs).toBeGreaterThanOrEqual(295);
  });

  it('silence after tokens, pings or not -> stalled, connection closed', async () => {
    for (const pings of [false, true]) {
      const seen = await failure(step.stream(spoken, { stallAfter: 2, pings }), { idleTimeoutMs: 300 });
      expect(seen.failure).toMatchObject({ kind: 'stalled', httpStatus: 200 });
      expect(seen.failure.requestId).toMatch(/^req_fake_/);
      expect(seen.told).toHaveLength(2);
      await fake.waitForAbort(seen.model);
    }
  });

  it('a stream that moves may take longer than either limit of its silences', async () => {
    const { reply, told } = await meet(step.stream(spoken, { gapMs: 300 }), {
      firstTokenTimeoutMs: 1_000,
      idleTimeoutMs: 1_000,
    });
    expect(reply.ok).toBe(true);
    expect(told).toHaveLength(5);
  });

  it('timeoutMs bounds also a stream that moves -> timeout', async () => {
    const seen = await failure(step.stream(spoken.repeat(50), { gapMs: 50 }), {}, { timeoutMs: 1_000 });
    expect(seen.failure).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('1000 ms') as string,
    });
    await fake.waitForAbort(seen.model);
  });

  it('cancelled in the middle -> cancelled, connection closed, no further piece', async () => {
    const caller = new AbortController();
    const told: AnswerDelta[] = [];
    const seen = await failure(
      step.stream(spoken, { stallAfter: 3 }),
      {
        onDelta: (delta) => {
          told.push(delta);
          if (told.length === 2) caller.abort();
        },
      },
      { signal: caller.signal },
    );
    expect(seen.failure.kind).toBe('cancelled');
    await fake.waitForAbort(seen.model);
    expect(told).toHaveLength(2);
  });

  it('cut after any number of events -> truncated', async () => {
    for (const cutAfter of [0, 1, 3, 6]) {
      expect((await failure(step.stream(spoken, { cutAfter }))).failure.kind).toBe('truncated');
    }
  });

  it.each([
    ['rate_limit_error', 'rate_limited'],
    ['overloaded_error', 'overloaded'],
    ['api_error', 'server_error'],
    ['server_error', 'server_error'],
    ['timeout_error', 'timeout'],
    ['authentication_error', 'auth_failed'],
    ['insufficient_quota', 'quota_exhausted'],
    ['billing_error', 'quota_exhausted'],
    ['request_too_large', 'payload_too_large'],
    ['invalid_request_error', 'bad_request'],
    ['context_length_exceeded', 'context_too_long'],
    ['content_filter', 'content_filtered'],
  ])('%s in the stream -> %s, although the status is 200', async (type, kind) => {
    const error = { type, message: 'Something happened.' };
    for (const tokens of [0, 2]) {
      const seen = await failure(step.stream(spoken, { errorAfter: { tokens, error } }));
      expect(seen.failure).toMatchObject({ kind, httpStatus: 200, message: 'Something happened.' });
      expect(seen.told).toHaveLength(tokens);
    }
  });

  it('tokens counted before a failure are told with it', async () => {
    const usage = { inputTokens: 40, outputTokens: 9 };
    const seen = await failure(step.stream('Hal', {}, { usage, finishReason: null }));
    expect(seen.failure).toMatchObject({ kind: 'truncated', usage });
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('broken listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken listener'))],
  ])('a listener that %s -> the answer all the same, and one warning', async (_, onDelta) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { reply } = await meet(step.stream(spoken, {}), { onDelta });
    expect(reply).toMatchObject({ ok: true, answer: { text: spoken } });
    expect(warned).toHaveBeenCalledOnce();
    expect(warned.mock.calls[0]?.[0]).toContain('broken listener');
    warned.mockRestore();
  });

  it('a listener that is never done does not hold up the stream', async () => {
    const onDelta = (): unknown => new Promise(() => undefined);
    const { reply } = await meet(step.stream(spoken, {}), { onDelta });
    expect(reply.ok).toBe(true);
  });

  it('a process that was busy for longer than the limit did not hear a silence', async () => {
    const { reply } = await meet(step.stream(spoken, { gapMs: 20 }), {
      idleTimeoutMs: 300,
      onDelta: () => {
        const until = performance.now() + 350;
        while (performance.now() < until);
      },
    });
    expect(reply.ok).toBe(true);
  });
});
