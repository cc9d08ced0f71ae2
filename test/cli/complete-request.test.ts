import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultPayloadConverter } from '@temporalio/common';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { onlyJson, runCli } from './run-cli.js';

const dear = 'gpt-4';
const cheap = 'claude-3-haiku-20240307';

let kit: CompletionKit;
beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

const onKit = (...args: string[]): string[] => ['complete', ...args, '--task-queue', kit.taskQueue];

/** What the workflow was started with. */
async function recordedInput(id: string): Promise<unknown> {
  const { events } = await kit.temporal.workflow.getHandle(id).fetchHistory();
  const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  if (payload === undefined) throw new Error(`no input of ${id} is recorded`);
  return defaultPayloadConverter.fromPayload(payload);
}

describe('what holdfast complete asks for', () => {
  it('--strategy auto lets what is asked choose; --task is looked at in its place', async () => {
    kit.provider.plan('claude-3-opus-20240229', step.answer('def sort(): ...'));

    const byPrompt = await runCli(onKit('Help with programming', '--strategy', 'auto', '--json'));
    const byTask = await runCli(onKit('Sort a list', '--task', 'programming', '--json'));

    for (const { exitCode, stdout } of [byPrompt, byTask]) {
      expect(exitCode).toBe(0);
      expect(onlyJson(stdout)).toMatchObject({ requestedModel: 'claude-3-opus-20240229' });
    }
  });

  it('--budget low goes on to the rules', async () => {
    const id = `cli-${randomUUID()}`;
    kit.provider.plan('claude-3-opus-20240229', step.answer('Done.'));

    const { exitCode } = await runCli(onKit('Some code', '--budget', 'low', '--id', id));

    expect(exitCode).toBe(0);
    expect(await recordedInput(id)).toMatchObject({ target: { kind: 'auto', budget: 'low' } });
  });

  it('--max-cost passes over a model that would cost more, and the notice says so, on stderr and as JSON', async () => {
    const calls = kit.provider.calls(dear).length;
    kit.provider.plan(cheap, step.answer('For less.'));
    const args = onKit('hi', '--models', `${dear},${cheap}`, '--max-cost', '0.01');

    const plain = await runCli(args);
    const json = await runCli([...args, '--json']);

    const notice = `${dear} would have cost too much; answered by ${cheap}.`;
    expect(plain).toMatchObject({ exitCode: 0, stdout: 'For less.\n' });
    expect(plain.stderr).toContain(`${dear}: budget_exceeded`);
    expect(plain.stderr).toContain(`Notice: ${notice}`);
    expect(onlyJson(json.stdout)).toMatchObject({ model: cheap, notice });
    expect(kit.provider.calls(dear)).toHaveLength(calls);
    const { id } = onlyJson(json.stdout) as { id: string };
    expect((await runCli(['attempts', id])).stdout).toContain(`Notice: ${notice}`);
    expect(onlyJson((await runCli(['attempts', id, '--json'])).stdout)).toMatchObject({ notice });
  });

  it('says no notice where the model that was asked gave a whole answer', async () => {
    kit.provider.plan(cheap, step.answer('Hello.'));

    const { stdout, stderr } = await runCli(onKit('hi', '--model', cheap, '--json'));

    expect(stderr).not.toContain('Notice:');
    expect(onlyJson(stdout)).not.toHaveProperty('notice');
  });

  it('--stream asks the provider for a stream and prints the whole answer', async () => {
    kit.provider.plan(cheap, step.answer('One two three four.'));

    const { exitCode, stdout } = await runCli(onKit('Count', '--model', cheap, '--stream'));

    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'One two three four.\n' });
    expect(kit.provider.calls(cheap).at(-1)?.body).toMatchObject({ stream: true });
  });

  it.each([
    [['--budget', 'huge'], 'Allowed choices are low'],
    [['--max-cost', '0'], 'Not a number above zero'],
    [['--max-cost', 'little'], 'Not a number'],
    [['--task', ''], 'It is empty'],
    [['--model', dear, '--task', 'code'], 'cannot be used with'],
    [['--models', dear, '--budget', 'low'], 'cannot be used with'],
    [['--chain', 'default', '--task', 'code'], 'cannot be used with'],
    [['--strategy', 'coding', '--task', 'code'], 'task and budget choose a strategy by themselves'],
  ])('%j is wrong use', async (args, message) => {
    const { exitCode, stdout, stderr } = await runCli(onKit('hi', ...args, '--json'));

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(onlyJson(stdout)).toHaveProperty('error.message', expect.stringContaining(message));
  });
});
