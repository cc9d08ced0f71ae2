import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createLogger, temporalLogger } from '../../worker/logger.js';
import { spawnCli, suiteEnv } from '../cli/run-cli.js';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { testKey } from '../support/test-config.js';

const secretPrompt = 'the prompt that belongs in no log';
const messages = [{ role: 'user' as const, content: secretPrompt }];
const model = 'gpt-4';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-logs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** All that a worker process logs while a completion fails whose provider repeats prompt and key in its error. */
async function logOfFailingCompletion(level: string): Promise<string> {
  await using kit = await startCompletionKit({ workers: 0 });
  const echo = { message: `cannot answer "${secretPrompt}" with key ${testKey}` };
  kit.provider.plan(model, step.once(step.status(500, echo)), step.status(400, echo));
  const config = path.join(folder, `${level}.yaml`);
  const openai = { kind: 'openai', baseUrl: kit.provider.openaiUrl, keys: ['env:TEST_KEY'] };
  await writeFile(config, stringify({ providers: { openai }, retry: { baseDelay: '5ms' } }));
  const args = ['worker', '--config', config, '--task-queue', kit.taskQueue];
  const worker = spawnCli(args, suiteEnv({ TEST_KEY: testKey, HOLDFAST_LOG_LEVEL: level }));
  try {
    await worker.untilErr(/worker is running/);
    const handle = await kit.holdfast.start({ model, messages });
    await expect(handle.result()).rejects.toThrow(secretPrompt);
    await worker.untilErr(/Workflow failed/);
  } finally {
    worker.process.kill('SIGTERM');
  }
  const { stderr } = await worker.ended;
  return stderr;
}

describe('the log of a worker process', () => {
  it('at level info has no word of the prompt and no key, though the provider echoes both', async () => {
    const log = await logOfFailingCompletion('info');

    expect(linesAbout('attempt failed', log)).toHaveLength(2);
    expect(linesAbout('Workflow failed', log)).toMatchObject([{ temporal: { error: 'ApplicationFailure' } }]);
    expect(log).not.toContain(secretPrompt);
    expect(log).not.toContain('cannot answer');
    expect(log).not.toContain(testKey);
    expect(log).not.toMatch(/ at .*\.[cm]?[jt]s:\d+/);
  });

  it('at level debug says what the error said, still without key and stack', async () => {
    const log = await logOfFailingCompletion('debug');

    expect(log).toContain('cannot answer');
    expect(log).not.toContain(testKey);
    expect(log).not.toMatch(/ at .*\.[cm]?[jt]s:\d+/);
  });
});

describe("Temporal's lines", () => {
  const collect = (level: string) => {
    const lines: string[] = [];
    const logger = temporalLogger(createLogger(level, { write: (line) => void lines.push(line) }));
    return { lines, logger };
  };

  it('name an error and its causes by class and type', () => {
    const { lines, logger } = collect('info');
    const cause = ApplicationFailure.create({
      type: 'overloaded',
      message: secretPrompt,
      details: [secretPrompt],
    });
    const error = new ActivityFailure(secretPrompt, 'callModel', '1', RetryState.TIMEOUT, 'any', cause);

    logger.error('Error while processing', { error, workflowId: 'one' });

    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        msg: 'Error while processing',
        temporal: { workflowId: 'one', error: 'ActivityFailure <- ApplicationFailure overloaded' },
      }),
    ]);
  });

  it.each([
    ['an error in the line itself', `Failed to process: ${secretPrompt}`, {}],
    [
      "the native core's error, a text",
      'gRPC call failed',
      { error: `Status { code: 'Unavailable', message: "${secretPrompt}" }` },
    ],
    ['any other field', 'Failing activation', { failure: secretPrompt, error: { stack: secretPrompt } }],
  ])('carry no text of %s above debug', (_what, message, meta) => {
    const quiet = collect('info');
    quiet.logger.warn(message, meta);
    expect(quiet.lines).toHaveLength(1);
    expect(quiet.lines.join()).not.toContain(secretPrompt);
  });

  it('do not repeat at every poller and heartbeat that a server is away', () => {
    const { lines, logger } = collect('info');
    const message = 'gRPC call poll_workflow_task_queue retried 6 times';
    logger.warn(message, { error: `Status { code: Unavailable, message: "tcp connect error" }` });
    expect(lines).toEqual([]);
    logger.warn(message, { error: `Status { code: ResourceExhausted, message: "too many" }` });
    expect(lines).toHaveLength(1);
  });

  it('keep the gRPC code of a failed call', () => {
    const { lines, logger } = collect('info');
    logger.warn('gRPC call retried 5 times', {
      error: `Status { code: 'The service is currently unavailable', message: "${secretPrompt}" }`,
    });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { msg: 'gRPC call retried 5 times', temporal: { error: 'The service is currently unavailable' } },
    ]);
  });
});

function linesAbout(message: string, log: string): unknown[] {
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string });
  return lines.filter(({ msg }) => msg === message);
}
