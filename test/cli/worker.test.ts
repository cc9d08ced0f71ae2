import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { stringify } from 'yaml';
import { ownRecord } from '../../engine/process-identity.js';
import { writeState } from '../../engine/state.js';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { runCli, spawnCli, suiteEnv, type CliProcess } from './run-cli.js';

const key = 'sk-holdfast-cli-test-0123456789abcdef';
let folder: string;
let worker: CliProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-cli-'));
});
afterAll(async () => {
  // Also after a test that was given up in the middle.
  worker?.process.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe('holdfast worker', () => {
  it('refuses to start where no key can be read, and says which', async () => {
    const { exitCode, stderr } = await runCli(['worker']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('OPENAI_API_KEY');
    expect(stderr).toContain('ANTHROPIC_API_KEY');
  });

  it('refuses to start where no Temporal answers', async () => {
    const { exitCode, stderr } = await runCli(['worker'], {
      env: { TEMPORAL_ADDRESS: '127.0.0.1:1', OPENAI_API_KEY: key },
    });

    expect(exitCode).toBe(3);
    expect(stderr).toContain('127.0.0.1:1');
    expect(stderr).not.toContain(key);
  });

  it('says in its log that the server was found and not configured', async () => {
    const home = path.join(folder, 'home');
    const databasePath = path.join(home, 'data', 'temporal.db');
    await mkdir(path.dirname(databasePath), { recursive: true });
    const { address, namespace } = inject('temporal');
    const self = await ownRecord();
    await writeState({
      server: self,
      owner: self,
      address,
      uiUrl: null,
      databasePath,
      logPath: databasePath,
    });
    worker = spawnCli(['worker', '--task-queue', `cli-${randomUUID()}`], {
      HOLDFAST_HOME: home,
      TEMPORAL_NAMESPACE: namespace,
      OPENAI_API_KEY: key,
    });
    await worker.untilErr(/worker is running/);
    worker.process.kill('SIGTERM');

    const { stderr } = await worker.ended;

    const running = stderr.split('\n').find((line) => line.includes('worker is running')) ?? '';
    expect(JSON.parse(running)).toMatchObject({ address, temporal: 'found running, not configured' });
  });

  it('lets the running call end on SIGTERM, then ends with 0; every line of its log is JSON, none has the key', async () => {
    await using kit = await startCompletionKit({ workers: 0 });
    const { provider, taskQueue, holdfast } = kit;
    provider.plan('gpt-4', step.answer('Just in time.', { delayMs: 1_000 }));
    const config = path.join(folder, 'holdfast.yaml');
    await writeFile(
      config,
      stringify({
        providers: { openai: { kind: 'openai', baseUrl: provider.openaiUrl, keys: ['env:CLI_TEST_KEY'] } },
      }),
    );
    worker = spawnCli(
      ['worker', '--config', config, '--task-queue', taskQueue],
      suiteEnv({ CLI_TEST_KEY: key }),
    );
    await worker.untilErr(/worker is running/);
    const handle = await holdfast.start({
      model: 'gpt-4',
      messages: [{ role: 'user', content: 'hi' }],
      deadlineMs: 30_000,
    });
    await provider.waitForCalls('gpt-4', 1);

    worker.process.kill('SIGTERM');

    const { exitCode, stdout, stderr } = await worker.ended;
    expect(exitCode).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('"temporal":"configured"');
    expect(stderr).toContain('waiting for 1 running attempt');
    expect(stderr).not.toContain(key);
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
    expect(provider.calls('gpt-4')).toMatchObject([{ aborted: false }]);
    const { events } = await kit.temporal.workflow.getHandle(handle.id).fetchHistory();
    expect(events?.some((event) => event.activityTaskCompletedEventAttributes)).toBe(true);
  });
});
