import { expect, it } from 'vitest';
import { drain, endingError, untilEnding } from '../../cli/serving.js';
import type { RunningWorker } from '../../cli/start-worker.js';
import type { Engine } from '../../engine/index.js';

const never = new Promise<never>(() => undefined);

const engine: Engine = {
  source: 'path',
  address: '127.0.0.1:7233',
  namespace: 'default',
  uiUrl: null,
  startedHere: true,
  connection: { address: '127.0.0.1:7233' },
  logPath: '/tmp/server.log',
  exited: never,
  stop: () => Promise.resolve(),
};
const worker: RunningWorker = {
  taskQueue: 'any',
  inFlight: () => 0,
  ended: never,
  stop: () => Promise.resolve(),
};
const interrupts = { signal: new AbortController().signal, beforeForcedEnd: () => undefined };

it('an engine that dies ends it, with the last words of the engine and exit code 3', async () => {
  const exited = Promise.resolve({ expected: false, description: 'The Temporal server ended by SIGKILL' });

  const ending = await untilEnding({ engine: { ...engine, exited }, worker, interrupts });

  expect(endingError(ending, engine)).toMatchObject({
    exitCode: 3,
    message: 'The Temporal server that this command ran is gone. The Temporal server ended by SIGKILL',
    remedies: expect.arrayContaining([expect.stringContaining('/tmp/server.log')]) as string[],
  });
});

it('a worker that fails ends it with exit code 3', async () => {
  const ended = Promise.reject(new Error('no such namespace'));

  const ending = await untilEnding({ engine, worker: { ...worker, ended }, interrupts });

  expect(endingError(ending, engine)).toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('no such namespace') as string,
  });
});

it('says how many running attempts it waits for', async () => {
  const told: string[] = [];

  await drain({ ...worker, inFlight: () => 2 }, { why: 'interrupted' }, (line) => told.push(line));

  expect(told).toEqual([expect.stringContaining('waiting for 2 running attempts')]);
});
