import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { livePollers } from '../../cli/pollers.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { onlyJson, runCli, suiteEnv } from './run-cli.js';

let kit: CompletionKit;

beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

const onKit = (...args: string[]): string[] => ['complete', ...args, '--task-queue', kit.taskQueue];

describe('holdfast complete', () => {
  it('prints the answer alone on stdout and each attempt on stderr', async () => {
    kit.provider.plan('gpt-4', step.status(429, { message: 'slow down' }));
    kit.provider.plan('claude-3-opus-20240229', step.answer('Blue scatters most.'));

    const { exitCode, stdout, stderr } = await runCli(onKit('Why is the sky blue?'));

    expect(stdout).toBe('Blue scatters most.\n');
    expect(stderr.match(/gpt-4: rate_limited/g)).toHaveLength(3);
    expect(stderr).toContain(
      'Answered by claude-3-opus-20240229 instead of gpt-4 (rate_limited): 4 attempts',
    );
    expect(exitCode).toBe(0);
  });

  it('reads the prompt from stdin and hands every option on', async () => {
    kit.provider.plan('gpt-3.5-turbo', step.answer('Done.'));

    const { exitCode, stdout } = await runCli(
      onKit(
        ...['-', '--system', 'Be short', '--models', 'gpt-3.5-turbo, gpt-4', '--max-tokens', '7'],
        ...['--temperature', '0.5', '--deadline', '30s', '--json'],
      ),
      { stdin: 'A diff\n' },
    );

    expect(exitCode).toBe(0);
    expect(onlyJson(stdout)).toMatchObject({ answer: 'Done.', model: 'gpt-3.5-turbo', fallback: null });
    expect(kit.provider.calls('gpt-3.5-turbo').at(-1)?.body).toMatchObject({
      messages: [
        { role: 'system', content: 'Be short' },
        { role: 'user', content: 'A diff\n' },
      ],
      temperature: 0.5,
    });
  });

  it.each([
    ['--model', 'gpt-99', 'no model is named "gpt-99"'],
    ['--models', 'gpt-4,gpt-99', 'no model is named "gpt-99"'],
    ['--chain', 'long-gone', 'no chain is named "long-gone"'],
    ['--strategy', 'guess', 'no strategy is named "guess"'],
  ])('%s %s is refused before anything is started', async (option, name, message) => {
    const id = `cli-${randomUUID()}`;

    const { exitCode, stderr } = await runCli(onKit('hi', option, name, '--id', id));

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    await expect(kit.temporal.workflow.getHandle(id).describe()).rejects.toThrow('not found');
  });

  it('a completion that fails is exit code 1 and one JSON error with kind and trail', async () => {
    kit.provider.plan('gpt-4', step.status(400, { message: 'no such parameter' }));

    const { exitCode, stdout } = await runCli(onKit('hi', '--model', 'gpt-4', '--json'));

    expect(exitCode).toBe(1);
    expect(onlyJson(stdout)).toMatchObject({
      error: {
        code: 'completion_failed',
        kind: 'bad_request',
        attempts: [{ model: 'gpt-4', outcome: 'bad_request' }],
      },
    });
  });

  it('a cancelled completion is exit code 4', async () => {
    const id = `cli-${randomUUID()}`;
    const calls = kit.provider.calls('gpt-4').length;
    kit.provider.plan('gpt-4', step.hang());
    const running = runCli(onKit('hi', '--model', 'gpt-4', '--id', id));
    await kit.provider.waitForCalls('gpt-4', calls + 1);

    await kit.holdfast.get(id).cancel();

    expect(await running).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('cancelled') as string,
    });
  });

  it('Ctrl-C ends the waiting with 130; the completion goes on under the id that is told', async () => {
    const calls = kit.provider.calls('gpt-4').length;
    kit.provider.plan('gpt-4', step.answer('Late, but there.', { delayMs: 500 }));
    const interrupt = new AbortController();
    const running = runCli(onKit('hi', '--model', 'gpt-4', '--json'), { interrupt: interrupt.signal });
    await kit.provider.waitForCalls('gpt-4', calls + 1);

    interrupt.abort();

    const { exitCode, stdout, stderr } = await running;
    expect(exitCode).toBe(130);
    const { error } = onlyJson(stdout) as { error: { code: string; id: string } };
    expect(error.code).toBe('interrupted');
    expect(stderr).toContain(`Completion ${error.id} was not cancelled`);
    expect(stderr).toContain(`holdfast attempts ${error.id}`);
    expect(stderr).toContain(`holdfast cancel ${error.id}`);
    expect(await kit.holdfast.get(error.id).result()).toMatchObject({ answer: 'Late, but there.' });
  });

  it('Ctrl-C during the start names the id all the same', async () => {
    const interrupt = new AbortController();
    interrupt.abort();

    const { exitCode, stdout, stderr } = await runCli(onKit('hi', '--json'), { interrupt: interrupt.signal });

    expect(exitCode).toBe(130);
    const { error } = onlyJson(stdout) as { error: { id: string } };
    expect(error.id).toMatch(/^completion-/);
    expect(stderr).toContain(`holdfast attempts ${error.id}`);
  });

  it('an id that another request has is exit code 2, with what to type as npm users have to', async () => {
    const id = `cli-${randomUUID()}`;
    kit.provider.plan('gpt-4', step.answer('Hello.'));
    await runCli(onKit('hi', '--id', id));

    const { exitCode, stdout, stderr } = await runCli(onKit('something else', '--id', id, '--json'), {
      env: suiteEnv({ npm_command: 'exec' }),
    });

    expect(exitCode).toBe(2);
    expect(onlyJson(stdout)).toMatchObject({ error: { code: 'id_used_for_another_request', id } });
    expect(stderr).toContain(`npx holdfast attempts ${id}`);
    expect(stderr).not.toContain('npx npx');
  });

  it('says so when simulated providers answered, whoever started them', async () => {
    await using simulated = await startCompletionKit({
      keys: ['env:HOLDFAST_SIMULATED_KEY'],
      env: { HOLDFAST_SIMULATED_KEY: 'any' },
    });
    simulated.provider.plan('gpt-4', step.answer('Not real.'));

    const { stdout, stderr } = await runCli([
      'complete',
      'hi',
      '--json',
      '--task-queue',
      simulated.taskQueue,
    ]);

    expect(stderr).toContain('This answer is simulated');
    expect(onlyJson(stdout)).toMatchObject({ simulated: true });
  });

  it('says that the answer of a finished id was recorded earlier, and calls nobody', async () => {
    const id = `cli-${randomUUID()}`;
    kit.provider.plan('gpt-4', step.answer('Once.'));
    const first = await runCli(onKit('hi', '--id', id, '--json'));
    const calls = kit.provider.calls().length;

    const again = await runCli(onKit('hi', '--id', id, '--json'));

    expect(onlyJson(first.stdout)).toMatchObject({ answer: 'Once.', simulated: false, replayed: false });
    expect(first.stderr).not.toContain('recorded earlier');
    expect(onlyJson(again.stdout)).toMatchObject({ answer: 'Once.', simulated: false, replayed: true });
    expect(again.stderr).toContain(`Completion ${id} was recorded earlier (`);
    expect(kit.provider.calls()).toHaveLength(calls);
  });

  it('says so when no worker takes the completion, with what to type as npm users have to', async () => {
    const stderr = await untilNobodyWorks(`nobody-${randomUUID()}`);

    expect(stderr).toContain('until 10 s after its deadline');
    expect(stderr).toMatch(
      /npx holdfast up --task-queue nobody-.*, or npx holdfast worker --task-queue nobody-/,
    );
  });

  it('says so as well where the server still lists a worker that is gone', async () => {
    const gone = await startCompletionKit();
    const { connection, options } = gone.temporal;
    await vi.waitFor(async () => {
      expect(await livePollers(connection, options.namespace, gone.taskQueue)).toHaveLength(1);
    });
    await gone.stop();

    expect(await untilNobodyWorks(gone.taskQueue)).toContain(gone.taskQueue);
  });

  it.each([
    [['complete', ''], 'The prompt is empty'],
    [['complete', '-'], 'stdin is empty'],
    [['complete', 'hi', '--deadline', 'soon'], 'not a duration above zero'],
    [['complete', 'hi', '--max-tokens', '1.5'], 'Not a whole number'],
    [['complete', 'hi', '--temperature', '3'], 'temperature'],
    [['complete', 'hi', '--model', 'gpt-4', '--chain', 'default'], 'cannot be used with'],
    [['complete', 'hi', '--config', 'nowhere.yaml'], 'nowhere.yaml cannot be read'],
    [['complete', 'hi', '--config', ''], 'It is empty'],
    [['complete', 'hi', '--task-queue', ''], 'It is empty'],
    [['complete', 'hi', '--model', ''], 'It is empty'],
    [['complete', 'hi', '--chain', ''], 'It is empty'],
    [['complete', 'hi', '--strategy', ''], 'It is empty'],
    [['complete', 'hi', '--id', ' '], 'It is empty'],
    [['up', '--once', '--task-queue', '', 'hi'], 'It is empty'],
    [['up', '--once', '--database', '', 'hi'], 'It is empty'],
    [['attempts', ''], 'It is empty'],
    [['cancel', ''], 'It is empty'],
    [['replay', ''], 'It is empty'],
  ])('%j is wrong use', async (args, message) => {
    const { exitCode, stdout, stderr } = await runCli([...args, '--json']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(onlyJson(stdout)).toHaveProperty('error.message', expect.stringContaining(message));
  });
});

/** What is told of a completion that waits for a worker, started through npx, up to the notice and Ctrl-C. */
async function untilNobodyWorks(taskQueue: string): Promise<string> {
  const interrupt = new AbortController();
  const { stderr } = await runCli(['complete', 'hi', '--task-queue', taskQueue, '--deadline', '1m'], {
    env: suiteEnv({ npm_command: 'exec' }),
    interrupt: interrupt.signal,
    onErrLine: (line) => {
      if (line.includes('No worker takes completions')) interrupt.abort();
    },
  });
  return stderr;
}
