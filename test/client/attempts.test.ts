import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  CompletionCancelledError,
  CompletionFailedError,
  EngineUnavailableError,
  Holdfast,
  NoWorkerError,
  type CompletionHandle,
} from '../../client/index.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { onlyJson, runCli } from '../cli/run-cli.js';
import { startTemporalProxy } from './temporal-proxy.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';
const second = 'claude-3-opus-20240229';

/** Completions are brought to every end while a worker is there; then that worker leaves. */
let kit: CompletionKit;
const handles = new Map<string, CompletionHandle>();

beforeAll(async () => {
  kit = await startCompletionKit({ workers: 0, client: { lingerMs: 1_000 } });
  const worker = await kit.addWorker();
  const start = async (name: string, deadlineMs = 60_000): Promise<CompletionHandle> => {
    const id = `attempts-${randomUUID()}`;
    const handle = await kit.holdfast.start({ id, models: [model, second], messages, deadlineMs });
    handles.set(name, handle);
    return handle;
  };
  kit.provider.plan(model, step.status(404));
  kit.provider.plan(second, step.answer('Found elsewhere'));
  await (await start('completed')).result();
  kit.provider.plan(second, step.status(401));
  await expect((await start('failed')).result()).rejects.toBeInstanceOf(CompletionFailedError);

  kit.provider.plan(second, step.hang());
  const ways: [string, (handle: CompletionHandle) => Promise<unknown>][] = [
    ['cancelled', (handle) => handle.cancel()],
    ['terminated', ({ id }) => kit.temporal.workflow.getHandle(id).terminate()],
  ];
  for (const [name, end] of ways) {
    const before = kit.provider.calls(second).length;
    const handle = await start(name);
    await kit.provider.waitForCalls(second, before + 1);
    await end(handle);
    await expect(handle.result()).rejects.toBeInstanceOf(CompletionCancelledError);
  }
  const before = kit.provider.calls(second).length;
  await start('running');
  await start('timed out', 8_000);
  await kit.provider.waitForCalls(second, before + 2);
  worker.shutdown();
  await vi.waitUntil(() => worker.getState() === 'STOPPED', { timeout: 20_000 });
});
afterAll(() => kit.stop());

const handleOf = (name: string): CompletionHandle => {
  const handle = handles.get(name);
  if (handle === undefined) throw new Error(`nothing was started as ${name}`);
  return handle;
};

const firstFell = { model, outcome: 'model_not_found', next: { action: 'fallback', to: second } };

describe('the attempts of a completion that ended, when no worker is there', () => {
  it('are those of its result', async () => {
    const handle = handleOf('completed');
    const { attempts } = await handle.result();
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['model_not_found', 'success']);
    expect(await handle.attempts()).toEqual(attempts);
  });

  it('are those of its failure', async () => {
    const handle = handleOf('failed');
    const failure: unknown = await handle.result().catch((error: unknown) => error);
    if (!(failure instanceof CompletionFailedError)) throw failure;
    expect(failure.attempts.map(({ outcome }) => outcome)).toEqual(['model_not_found', 'auth_failed']);
    expect(await handle.attempts()).toEqual(failure.attempts);
  });

  it('are read from the history of a cancelled one', async () => {
    const attempts = await handleOf('cancelled').attempts();
    expect(attempts).toMatchObject([firstFell, { model: second, outcome: 'cancelled' }]);
  });

  it('are read from the history of a terminated one, without the call that was in flight', async () => {
    expect(await handleOf('terminated').attempts()).toMatchObject([firstFell]);
  });

  it('are read from the history of one that timed out, and are in its error', async () => {
    const failure: unknown = await handleOf('timed out')
      .result()
      .catch((error: unknown) => error);
    if (!(failure instanceof CompletionFailedError)) throw failure;
    expect(failure.kind).toBe('deadline_exceeded');
    expect(failure.attempts).toMatchObject([firstFell, { model: second, outcome: 'worker_lost' }]);
    expect(await handleOf('timed out').attempts()).toEqual(failure.attempts);
  });

  it('are shown by the command line, with the failure of one that timed out', async () => {
    const { id } = handleOf('timed out');
    await expect(handleOf('timed out').result()).rejects.toBeInstanceOf(CompletionFailedError);
    const { exitCode, stdout } = await runCli(['attempts', id, '--json']);
    expect(exitCode).toBe(0);
    expect(onlyJson(stdout)).toMatchObject({
      status: 'timed_out',
      attempts: [firstFell, { outcome: 'worker_lost' }],
      failure: { kind: 'deadline_exceeded' },
    });
  });
});

describe('the attempts of a running completion', () => {
  it('need a worker, and say so', async () => {
    await expect(handleOf('running').attempts()).rejects.toBeInstanceOf(NoWorkerError);
  });

  it.each([1, 4, 9])('need one too when Temporal gives up the query with gRPC status %i', async (status) => {
    const { address, namespace } = inject('temporal');
    await using proxy = await startTemporalProxy(address);
    const holdfast = new Holdfast({ address: proxy.address, namespace, taskQueue: kit.taskQueue });
    proxy.decide((method) => (method === 'QueryWorkflow' ? { status, message: 'given up' } : 'pass'));
    const { id } = handleOf('running');
    await expect(holdfast.get(id).attempts()).rejects.toBeInstanceOf(NoWorkerError);
    await holdfast.close();
  });

  it('are no matter of the worker when it is Temporal that does not answer', async () => {
    const { address, namespace } = inject('temporal');
    await using proxy = await startTemporalProxy(address);
    const holdfast = new Holdfast({
      address: proxy.address,
      namespace,
      taskQueue: kit.taskQueue,
      callTimeoutMs: 500,
    });
    // Asked once where it is, and then frozen.
    proxy.decide((method) =>
      method === 'QueryWorkflow' || proxy.calls('QueryWorkflow') > 0 ? 'hang' : 'pass',
    );
    const { id } = handleOf('running');
    await expect(holdfast.get(id).attempts()).rejects.toBeInstanceOf(EngineUnavailableError);
    await holdfast.close();
  });
});
