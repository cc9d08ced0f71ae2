import { readdir, readFile } from 'node:fs/promises';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, inject, it } from 'vitest';
import { testKey } from '../support/test-config.js';

const folder = new URL('.', import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));

/** Each history, and what in it makes it the one that its name says. */
const marks: Record<string, string[]> = {
  'alert-delivery.json': ['"event":"alert"', 'channel_failed'],
  'answered.json': ['WORKFLOW_EXECUTION_COMPLETED', '"outcome":"success"'],
  'breaker.json': ['"phase":"half_open"', 'a probe failed', 'WORKFLOW_EXECUTION_UPDATE_COMPLETED'],
  'balanced.json': [
    '"balanced":{"strategy":"round_robin"',
    '"requested":"claude-3-opus-20240229"',
    '"fallback":{"from":"claude-3-opus-20240229","to":"gpt-4","reason":"overloaded"}',
  ],
  'benched.json': ['"by":"bench"', '"reason":"circuit_open"'],
  'budgeted.json': ['"maxCostUsd":0.01', '"outcome":"budget_exceeded"', '"budget":{"leftUsd":0.01'],
  'cancelled.json': ['WORKFLOW_EXECUTION_CANCELED', 'ACTIVITY_TASK_STARTED', '"outcome":"cancelled"'],
  'cancelled-while-waiting.json': [
    'WORKFLOW_EXECUTION_CANCELED',
    '"activity_type":"reportedAttempts"',
    'ACTIVITY_ID_NOT_STARTED',
    '"outcome":"rate_limited"',
  ],
  'chosen-strategy.json': ['"kind":"auto"', '"selected":{"strategy":"coding"'],
  'connected-client-left.json': [
    '"processQueue":',
    'WORKFLOW_EXECUTION_CANCELED',
    'ACTIVITY_TASK_FAILED',
    'cancelled by the caller',
  ],
  'connected-process-gone.json': [
    '"processQueue":',
    'TIMEOUT_TYPE_SCHEDULE_TO_START',
    '"earlier":{"attempts":',
    '"outcome":"success"',
  ],
  'connected-streamed.json': ['"route":{"requested":"gpt-4"', '"processQueue":', '"outcome":"success"'],
  'exhausted.json': ['WORKFLOW_EXECUTION_FAILED', '"outcome":"auth_failed"'],
  'failure-monitor.json': ['"kind":"auth_failed"', 'START_CHILD_WORKFLOW_EXECUTION_INITIATED'],
  'fallback.json': ['"fallback":{"from":"gpt-4","to":"claude-3-opus-20240229","reason":"overloaded"}'],
  'hedged.json': ['"hedge":{"afterMs":100', '"role":"hedge"', '"reason":"slower"'],
  'race-lost.json': [
    '"race":{"maxTokens":64,"rivals":',
    'every model of the race failed',
    '"type":"exhausted"',
  ],
  'raced.json': ['"race":{"rivals":', '"role":"rival"', 'answered first; this call was ended'],
  'parked.json': [
    '"name":"awaitUsable"',
    '"action":"park","because":"waiting for gpt-4"',
    '"lease":{"id"',
    'WORKFLOW_EXECUTION_COMPLETED',
  ],
  'parked-and-cancelled.json': ['"name":"awaitUsable"', 'WORKFLOW_EXECUTION_CANCELED', '"cancelled"'],
  'parked-until-deadline.json': ['"name":"awaitUsable"', 'parked until the deadline', 'deadline_exceeded'],
  'refreshed-context.json': ['"context":{"ttlMs":300', '"outcome":"rate_limited"', 'context refreshed by'],
  'stand-in.json': ['"degraded":true', '"model":"stand-in"', 'WORKFLOW_EXECUTION_COMPLETED'],
  'streamed.json': ['"stream":true', '"turnMs":', '"outcome":"server_error"', '"firstTokenMs":'],
  'unknown-model.json': ['WORKFLOW_EXECUTION_FAILED', 'gpt-5000'],
  'vetoed.json': ['ACTIVITY_TASK_FAILED', '"outcome":"vetoed"', '"reason":"vetoed"'],
  'worker-lost.json': ['"outcome":"worker_lost"', '"outcome":"success"'],
};

async function replay(history: unknown): Promise<void> {
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: inject('bundlePath') } },
    historyFromJSON(history),
  );
}

async function read(file: string): Promise<{ events: { eventType: string }[] }> {
  return JSON.parse(await readFile(new URL(file, folder), 'utf8')) as { events: { eventType: string }[] };
}

/** The text of a history, its payloads as the JSON that they carry. */
async function legible(file: string): Promise<string> {
  const payloads: string[] = [];
  const history: unknown = JSON.parse(
    await readFile(new URL(file, folder), 'utf8'),
    (name, value: unknown) => {
      if (name === 'data' && typeof value === 'string')
        payloads.push(Buffer.from(value, 'base64').toString());
      return value;
    },
  );
  return [JSON.stringify(history), ...payloads].join('\n');
}

describe('histories recorded from real runs replay against the current code', () => {
  it('there are some, of every shape', () => {
    expect(files.sort()).toEqual(Object.keys(marks).sort());
  });

  it.each(files)('%s', async (file) => {
    await replay(await read(file));
  });

  it.each(Object.entries(marks))('%s is what its name says', async (file, words) => {
    const text = await legible(file);
    for (const word of words) expect(text).toContain(word);
  });

  it.each(files)('%s holds no key, no folder and no name of the machine that recorded it', async (file) => {
    const text = await legible(file);
    expect(text).not.toContain(testKey);
    expect(text).not.toMatch(/file:\/\/|node_modules|(?<![\w.])\/(?:home|root|tmp|Users)\//);
    const identities = [...text.matchAll(/"identity":"([^"]*)"/g)].map(([, identity]) => identity);
    expect(identities).not.toEqual([]);
    for (const identity of identities) expect(identity).toMatch(/^(?:holdfast-(?:worker|gateway) )?\d+@vm$/);
  });

  it('a history that the code would not have made is refused', async () => {
    const { events } = await read('fallback.json');
    const doctored = JSON.parse(
      JSON.stringify({ events }).replaceAll('"name":"callModel"', '"name":"callSomethingElse"'),
    ) as unknown;
    await expect(replay(doctored)).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
