import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { onlyJson, runCli } from './run-cli.js';

let kit: CompletionKit;

beforeAll(async () => {
  kit = await startCompletionKit();
});
afterAll(() => kit.stop());

const messages = [{ role: 'user' as const, content: 'hi' }];

describe('holdfast attempts', () => {
  it('shows a finished completion: models, outcomes, why next, and who answered', async () => {
    kit.provider.plan('gpt-4', step.status(503, { message: 'overloaded for now' }));
    kit.provider.plan('claude-3-opus-20240229', step.answer('Hello.'));
    const { id } = await kit.holdfast.complete({ messages });

    const { exitCode, stdout } = await runCli(['attempts', id]);

    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Completion ${id}: completed`);
    expect(stdout).toMatch(/3 {2}gpt-4 .*overloaded .*fell back to claude-3-opus-20240229/);
    expect(stdout).toContain('HTTP 503: overloaded for now');
    expect(stdout).toMatch(/4 {2}claude-3-opus-20240229 +anthropic +success .*answered/);
    expect(stdout).toContain('Answered by claude-3-opus-20240229 instead of gpt-4 (overloaded)');
  });

  it('shows a failed completion with its reason, as JSON too', async () => {
    const id = `cli-${randomUUID()}`;
    kit.provider.plan('gpt-4', step.status(404));
    await expect(kit.holdfast.complete({ messages, id, model: 'gpt-4' })).rejects.toThrow();

    const { exitCode, stdout } = await runCli(['attempts', id, '--json']);

    expect(exitCode).toBe(0);
    expect(onlyJson(stdout)).toMatchObject({
      id,
      status: 'failed',
      model: null,
      failure: { kind: 'model_not_found' },
      attempts: [{ model: 'gpt-4', outcome: 'model_not_found' }],
    });
  });

  it('shows a running completion as far as it has come', async () => {
    kit.provider.plan('gpt-4', step.status(404));
    const calls = kit.provider.calls('claude-3-opus-20240229').length;
    kit.provider.plan('claude-3-opus-20240229', step.hang());
    const handle = await kit.holdfast.start({ messages });
    await kit.provider.waitForCalls('claude-3-opus-20240229', calls + 1);

    const { stdout } = await runCli(['attempts', handle.id, '--json']);

    expect(onlyJson(stdout)).toMatchObject({
      status: 'running',
      attempts: [{ model: 'gpt-4', next: { action: 'fallback', to: 'claude-3-opus-20240229' } }],
    });
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow('cancelled');
  });

  it('an unknown id is told, with exit code 2', async () => {
    const { exitCode, stdout, stderr } = await runCli(['attempts', 'no-such-completion', '--json']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('no completion no-such-completion');
    expect(onlyJson(stdout)).toMatchObject({ error: { code: 'completion_not_found' } });
  });

  it('started through npx, it names commands as they have to be typed', async () => {
    const { stderr } = await runCli(['attempts', 'any'], {
      env: { TEMPORAL_ADDRESS: '127.0.0.1:1', npm_command: 'exec' },
    });

    expect(stderr).toContain('npx holdfast up');
  });

  it('a server that is not there is exit code 3', async () => {
    const { exitCode, stderr } = await runCli(['attempts', 'any'], {
      env: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    });

    expect(exitCode).toBe(3);
    expect(stderr).toContain('127.0.0.1:1');
  });
});
