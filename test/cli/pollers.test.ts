import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { expect, it, vi } from 'vitest';
import { livePollers } from '../../cli/pollers.js';
import { startCompletionKit } from '../support/completion-kit.js';

it('finds the workers of a task queue, and none where there is none', async () => {
  await using kit = await startCompletionKit();
  const { connection, options } = kit.temporal;

  await vi.waitFor(async () => {
    expect(await livePollers(connection, options.namespace, kit.taskQueue)).toEqual([
      `holdfast-worker ${String(process.pid)}@${hostname()}`,
    ]);
  });
  expect(await livePollers(connection, options.namespace, `nobody-${randomUUID()}`)).toEqual([]);
});
