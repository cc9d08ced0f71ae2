import { describe, expect, it } from 'vitest';
import { CompletionCancelledError, type CompletionHandle } from '../../client/index.js';
import type { Trail } from '../../contracts/attempt.js';
import { trailQueryName } from '../../contracts/completion.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const openai = 'gpt-4';
const anthropic = 'claude-3-opus-20240229';

describe('a cancellation', () => {
  it('aborts the call in flight, and the trail says so', async () => {
    await using kit = await startCompletionKit();
    kit.provider.plan(openai, step.hang());
    const completion = await kit.holdfast.start({ messages });
    await kit.provider.waitForCalls(openai, 1);

    await completion.cancel();
    await expect(completion.result()).rejects.toThrow(CompletionCancelledError);
    await kit.provider.waitForAbort(openai);
    expect(await story(kit, completion)).toEqual([`${openai}: cancelled`]);
  });

  it('while a retry is waited for keeps the attempts made before, and invents none', async () => {
    await using kit = await startCompletionKit({
      retry: { baseDelay: 60_000, maxDelay: 60_000, maxWaitBeforeFallback: 60_000 },
    });
    kit.provider.plan(openai, step.status(429, { retryAfter: 60 }));
    const completion = await kit.holdfast.start({ model: openai, messages });
    await expect.poll(async () => (await completion.attempts()).length).toBe(1);

    await completion.cancel();
    await expect(completion.result()).rejects.toThrow(CompletionCancelledError);
    expect(await story(kit, completion)).toEqual([`${openai}: rate_limited`]);
    expect(kit.provider.calls(openai)).toHaveLength(1);
  });

  it('that meets a call as it fails by itself calls no other model', async () => {
    await using kit = await startCompletionKit({
      retry: { heartbeatInterval: 10_000, heartbeatTimeout: 30_000 },
    });
    kit.provider.plan(openai, step.answer('cut sh', { delayMs: 3_000, finishReason: null }));
    kit.provider.plan(anthropic, step.answer('nobody waits for this'));
    const completion = await kit.holdfast.start({ messages });
    await kit.provider.waitForCalls(openai, 1);

    await completion.cancel();
    await expect(completion.result()).rejects.toThrow(CompletionCancelledError);
    expect(await story(kit, completion)).toEqual([`${openai}: truncated`]);
    expect(kit.provider.calls(anthropic)).toHaveLength(0);
    const { events } = await kit.temporal.workflow.getHandle(completion.id).fetchHistory();
    const calls = events?.filter(({ activityTaskScheduledEventAttributes: call }) => call != null);
    expect(calls).toHaveLength(1);
    // The route, and what the call had reported: nothing was begun for another one.
    const markers = events?.filter(({ markerRecordedEventAttributes: marker }) => marker != null);
    expect(markers).toHaveLength(2);
  });
});

/** What the workflow itself tells, each entry ending in the same way; the client reads the same from the record. */
async function story({ temporal }: CompletionKit, completion: CompletionHandle): Promise<string[]> {
  const trail = await temporal.workflow.getHandle(completion.id).query<Trail>(trailQueryName);
  expect(trail.at(-1)?.next).toEqual({ action: 'stop', because: 'cancelled by the caller' });
  expect(await completion.attempts()).toEqual(trail);
  return trail.map(({ model, outcome }) => `${model}: ${outcome}`);
}
