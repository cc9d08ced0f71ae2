import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { expect, inject, it } from 'vitest';
import { startWorker } from '../../cli/start-worker.js';
import { loadConfig } from '../../config/load.js';
import type { Engine } from '../../engine/index.js';

it('a worker that cannot start no longer watches its config', async () => {
  const { address } = inject('temporal');
  const directory = await mkdtemp(path.join(tmpdir(), 'holdfast-start-worker-'));
  const source = { env: {}, directory };
  const before = process.listenerCount('SIGHUP');
  const engine: Engine = {
    source: 'configured',
    address,
    connection: { address },
    namespace: `absent-${randomUUID()}`,
    uiUrl: null,
    startedHere: false,
    exited: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };

  const started = startWorker(engine, {
    providers: { config: await loadConfig(source), env: {}, source },
    logger: pino({ level: 'silent' }),
    taskQueue: 'any',
    program: 'test',
    tell: () => undefined,
  });

  await expect(started).rejects.toThrow(/not found/i);
  expect(process.listenerCount('SIGHUP')).toBe(before);
  await rm(directory, { recursive: true });
});
