import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];

describe('a completion that gets no route', () => {
  it('says its outcome to those who search, too', async () => {
    await using kit = await startCompletionKit();
    const completion = await kit.holdfast.start({ model: 'gpt-17', messages });
    await expect(completion.result()).rejects.toMatchObject({ kind: 'bad_request' });
    const { typedSearchAttributes } = await kit.temporal.workflow.getHandle(completion.id).describe();
    expect(typedSearchAttributes.getAll()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: { name: 'HoldfastOutcome', type: 'KEYWORD' }, value: 'bad_request' }),
      ]),
    );
  });
});

describe('a completion whose first worker comes after its deadline', () => {
  it('says that none came, and asks nothing', async () => {
    await using kit = await startCompletionKit({ workers: 0 });
    const deadlineMs = 300;
    const completion = await kit.holdfast.start({ model: 'gpt-4', messages, deadlineMs });
    const { startTime } = await kit.temporal.workflow.getHandle(completion.id).describe();
    await expect.poll(() => Date.now() - startTime.getTime()).toBeGreaterThan(deadlineMs + 100);

    await kit.addWorker();
    await expect(completion.result()).rejects.toMatchObject({
      kind: 'deadline_exceeded',
      message: expect.stringContaining('No worker took the completion') as string,
    });
    expect(kit.provider.calls()).toHaveLength(0);
  });
});

describe('a key file that never answers', () => {
  let folder: string;
  let pipe: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
    pipe = join(folder, 'key');
    execFileSync('mkfifo', [pipe]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('does not hold up models that need another key, nor pass the deadline', async () => {
    await using kit = await startCompletionKit({ anthropicKeys: [`file:${pipe}`] });
    try {
      kit.provider.plan('gpt-4', step.answer('Hello'));
      expect(await kit.holdfast.complete({ model: 'gpt-4', messages })).toMatchObject({ answer: 'Hello' });

      const hindered = kit.holdfast.complete({
        model: 'claude-3-opus-20240229',
        messages,
        deadlineMs: 1_000,
      });
      await expect(hindered).rejects.toMatchObject({ kind: 'deadline_exceeded', attempts: [] });
    } finally {
      // Whoever still waits for the pipe is let go, or the worker could not end.
      await (await open(pipe, 'r+')).close();
    }
  });
});
