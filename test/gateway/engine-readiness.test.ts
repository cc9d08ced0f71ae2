import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { callPollers, type EngineWatch } from '../../gateway/engine-watch.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { away, connect, patience, seldom, watch } from './watching.js';

describe('readiness', () => {
  let kit: CompletionKit;
  beforeAll(async () => {
    kit = await startCompletionKit();
  });
  afterAll(() => kit.stop());

  it('needs a worker on the task queue', async () => {
    const { address } = inject('temporal');
    const connection = connect(address);
    const onQueue = (taskQueue: string): EngineWatch =>
      watch({ pollers: callPollers(connection, taskQueue) });
    await expect.poll(() => onQueue(kit.taskQueue).readiness(), patience).toBeUndefined();
    expect(await onQueue(`nobody-${randomUUID()}`).readiness()).toMatch(/no worker takes completions/);
  });

  it('asks once in two seconds, and again after an outage', async () => {
    let [asked, time] = [0, 0];
    const watching = watch({
      ...seldom,
      now: () => time,
      pollers: () => {
        asked += 1;
        return Promise.resolve(asked === 1 ? 0 : 1);
      },
    });
    const answers = await Promise.all([watching.readiness(), watching.readiness()]);
    expect(answers).toEqual([expect.stringContaining('no worker'), expect.stringContaining('no worker')]);
    time = 2_000;
    await watching.readiness();
    expect(asked).toBe(1);
    time = 2_001;
    expect(await watching.readiness()).toBeUndefined();
    expect(asked).toBe(2);
    watching.noteFailure(away);
    watching.noteSuccess();
    await watching.readiness();
    expect(asked).toBe(3);
  });

  it('says so when Temporal does not tell, and asks again', async () => {
    let asked = 0;
    const watching = watch({
      ...seldom,
      pollers: () => {
        asked += 1;
        return asked === 1 ? Promise.reject(new Error('not for you')) : Promise.resolve(1);
      },
    });
    expect(await watching.readiness()).toBe('Temporal does not tell who takes completions');
    expect(await watching.readiness()).toBeUndefined();
  });
});
