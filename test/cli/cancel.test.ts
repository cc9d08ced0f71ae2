import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompletionCancelledError } from '../../client/index.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { onlyJson, runCli } from './run-cli.js';

let kit: CompletionKit;

beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

const model = 'gpt-4';
const messages = [{ role: 'user' as const, content: 'hi' }];

async function startHanging(): Promise<Awaited<ReturnType<CompletionKit['holdfast']['start']>>> {
  const calls = kit.provider.calls(model).length;
  kit.provider.plan(model, step.hang());
  const handle = await kit.holdfast.start({ model, messages });
  await kit.provider.waitForCalls(model, calls + 1);
  return handle;
}

describe('holdfast cancel', () => {
  it('ends a running completion and aborts its call', async () => {
    const handle = await startHanging();
    const ended = expect(handle.result()).rejects.toThrow(CompletionCancelledError);

    const { exitCode, stdout } = await runCli(['cancel', handle.id]);

    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Asked completion ${handle.id} to end`);
    await ended;
    expect(kit.provider.calls(model).at(-1)).toMatchObject({ aborted: true });
    expect((await runCli(['cancel', handle.id])).stdout).toContain('has ended already: cancelled');
  });

  it('says as JSON whether it asked', async () => {
    const handle = await startHanging();
    const ended = expect(handle.result()).rejects.toThrow(CompletionCancelledError);

    const { stdout } = await runCli(['cancel', handle.id, '--json']);

    expect(onlyJson(stdout)).toMatchObject({ id: handle.id, status: 'running', cancelRequested: true });
    await ended;
  });

  it('leaves a completion that has ended as it is, says so, and ends with 0', async () => {
    kit.provider.plan(model, step.answer('Hello.'));
    const { id } = await kit.holdfast.complete({ model, messages });

    const { exitCode, stdout } = await runCli(['cancel', id, '--json']);

    expect(exitCode).toBe(0);
    expect(onlyJson(stdout)).toMatchObject({ id, status: 'completed', cancelRequested: false });
    expect(await kit.holdfast.get(id).result()).toMatchObject({ answer: 'Hello.' });
  });

  it('an unknown id is told, with exit code 2', async () => {
    const { exitCode, stdout, stderr } = await runCli(['cancel', 'no-such-completion', '--json']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('no completion no-such-completion');
    expect(onlyJson(stdout)).toMatchObject({ error: { code: 'completion_not_found' } });
  });

  it('a workflow that is no completion is not touched', async () => {
    const workflowId = `other-${randomUUID()}`;
    const { workflow } = kit.temporal;
    await workflow.start('notOurs', { workflowId, taskQueue: `nobody-${workflowId}`, args: [] });

    const { exitCode, stderr } = await runCli(['cancel', workflowId]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('is no completion');
    const { events } = await workflow.getHandle(workflowId).fetchHistory();
    expect(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes)).toBe(false);
    await workflow.getHandle(workflowId).terminate();
  });

  it('a server that is not there is exit code 3', async () => {
    const { exitCode, stderr } = await runCli(['cancel', 'any'], {
      env: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    });

    expect(exitCode).toBe(3);
    expect(stderr).toContain('127.0.0.1:1');
  });
});
