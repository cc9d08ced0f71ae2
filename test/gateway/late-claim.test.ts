import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { expect, inject, it } from 'vitest';
import { processQueueWaitMs } from '../../policy/process-queue.js';
import { step } from '../support/fake-provider.js';
import { ask, readStream } from './asking.js';
import { startGatewayKit } from './gateway-kit.js';

const model = 'gpt-4';
const text = 'An answer that takes longer to be said than Temporal takes';

it('a stream whose workflow is begun late goes on, with one provider call', async () => {
  const workflowQueue = `test-${randomUUID()}`;
  await using gateway = await startGatewayKit({ workflowQueue });
  const { provider, holdfast } = gateway.kit;
  provider.plan(model, step.stream(text, { gapMs: 300 }));
  const response = await ask(gateway.url, { model, stream: true });
  // As a process that has too much to do: longer than it would take for another one to have made the call.
  await sleep(processQueueWaitMs + 1_000);
  expect(provider.calls(model).map(({ aborted }) => aborted)).toEqual([false]);
  const { connection, namespace } = gateway.kit.first();
  const workflowBundle = { codePath: inject('bundlePath') };
  const worker = await Worker.create({ connection, namespace, taskQueue: workflowQueue, workflowBundle });
  await worker.runUntil(async () => {
    expect(await readStream(response)).toMatchObject({ text, done: true });
    const { answer, attempts } = await holdfast.get(response.headers.get('x-holdfast-id') ?? '').result();
    expect(answer).toBe(text);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['success']);
  });
  expect(provider.calls(model)).toHaveLength(1);
});
