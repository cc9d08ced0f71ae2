import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { onlyJson, runCli } from './run-cli.js';

let kit: CompletionKit;
let folder: string;
let id: string;
/** The history of a completion that fell back, as Temporal's CLI would save it. */
let recorded: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-cli-'));
  kit = await startCompletionKit({ retry: { maxAttempts: 1 } });
  kit.provider.plan('gpt-4', step.status(503));
  kit.provider.plan('claude-3-opus-20240229', step.answer('Hello.'));
  ({ id } = await kit.holdfast.complete({ messages: [{ role: 'user', content: 'hi' }] }));
  recorded = historyToJSON(await kit.temporal.workflow.getHandle(id).fetchHistory());
});

afterAll(async () => {
  await kit.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('holdfast replay', () => {
  it('a completion of the engine replays, and no provider is called', async () => {
    const calls = kit.provider.calls().length;

    const { exitCode, stdout } = await runCli(['replay', id]);

    expect(stdout).toMatch(new RegExp(`^replays: ${id}, \\d+ events`));
    expect(exitCode).toBe(0);
    expect(kit.provider.calls()).toHaveLength(calls);
  });

  it('a file replays without any server', async () => {
    const file = await save('history.json', recorded);

    const { exitCode, stdout } = await runCli(['replay', file, '--json'], {
      env: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    });

    expect(onlyJson(stdout)).toMatchObject({ id, replays: true, divergence: null });
    expect(exitCode).toBe(0);
  });

  it('what the HTTP API of the server gives replays, as long as it is the whole history', async () => {
    const history: unknown = JSON.parse(recorded);
    const whole = await save('page.json', JSON.stringify({ history, rawHistory: [], nextPageToken: null }));
    const part = await save('part.json', JSON.stringify({ history, nextPageToken: 'bmV4dA==' }));

    expect(await runCli(['replay', whole])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`replays: ${id}`) as string,
    });
    expect(await runCli(['replay', part])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('only a part of a history') as string,
    });
  });

  it('a history that other code wrote diverges: exit code 5, naming the event', async () => {
    const other = recorded
      .replaceAll('"name":"callModel"', '"name":"askModel"')
      .replaceAll(/"name":\s*"callModel"/g, '"name": "askModel"');
    expect(other).not.toBe(recorded);

    const { exitCode, stdout } = await runCli(['replay', await save('other.json', other)]);

    expect(stdout).toMatch(/^diverges: .* at events? \d+.*ActivityTaskScheduled.*askModel/);
    expect(exitCode).toBe(5);
  });

  it('a different ending diverges at that event', async () => {
    const history = JSON.parse(recorded) as { events: Record<string, unknown>[] };
    const last = history.events.at(-1) ?? {};
    delete last['workflowExecutionCompletedEventAttributes'];
    Object.assign(last, {
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
      workflowExecutionFailedEventAttributes: { failure: { message: 'no answer' } },
    });

    const { exitCode, stdout } = await runCli([
      'replay',
      await save('failed.json', JSON.stringify(history)),
      '--json',
    ]);

    const at = history.events.length;
    expect(onlyJson(stdout)).toMatchObject({
      replays: false,
      events: at,
      divergence: { events: { from: at, to: at, types: ['WorkflowExecutionFailed'] } },
    });
    expect(exitCode).toBe(5);
  });

  it.each([
    ['missing.json', undefined, 'There is no file'],
    ['text.json', 'not json', 'is not JSON'],
    ['object.json', '{"name":"holdfast"}', 'is no workflow history'],
    ['headless.json', '{"events":[]}', 'is no workflow history'],
    ['string.json', '"history"', 'is no workflow history'],
  ])('%s is told plainly, with how to save one and exit code 2', async (name, content, message) => {
    const file = content === undefined ? path.join(folder, name) : await save(name, content);

    const { exitCode, stderr } = await runCli(['replay', file]);

    expect(stderr).toContain(message);
    expect(stderr).toContain('temporal workflow show --workflow-id');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(exitCode).toBe(2);
  });

  it('an unknown id is told, with exit code 2', async () => {
    const { exitCode, stderr } = await runCli(['replay', 'no-such-completion']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('no completion no-such-completion');
  });
});

async function save(name: string, content: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}
