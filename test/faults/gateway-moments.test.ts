import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTemporalProxy, type Fate } from '../client/temporal-proxy.js';
import { startGatewayKit, type GatewayKit } from '../gateway/gateway-kit.js';
import {
  callsByContent,
  distinctAnswers,
  hear,
  model,
  runsByStatus,
  spawnGateway,
  type Heard,
} from './gateway-scene.js';

const patience = { timeout: 60_000, interval: 100 };
const startMethod = 'StartWorkflowExecution';
const recordMethod = 'RespondActivityTaskCompleted';
/** `HOLDFAST_KILLED_GATEWAYS=10 npx vitest run test/faults/gateway-moments.test.ts` kills more of them. */
const killedGateways = Number(process.env['HOLDFAST_KILLED_GATEWAYS'] ?? 3);

/** The gateway that lives, beside a worker. */
let other: GatewayKit;
beforeAll(async () => {
  other = await startGatewayKit();
});
afterAll(() => other[Symbol.asyncDispose]());

it('killed before the start and before the record is durable, or just after: one answer each, and none is lost', async () => {
  const { kit } = other;
  kit.provider.plan(model, ...distinctAnswers(50, 50, 300));
  await using proxy = await startTemporalProxy(inject('temporal').address);
  // Nor does it hear otherwise that an answer is recorded.
  const fates: Record<string, Fate> = { GetWorkflowExecutionHistory: 'hang' };
  proxy.decide((method) => fates[method] ?? 'pass');
  const killed = await spawnGateway(kit, { callsModels: false, address: proxy.address });
  const before = await completed();
  const asking: Promise<Heard>[] = [];
  const askKeyed = async (content: string, method: string, fate: Fate): Promise<void> => {
    fates[method] = fate;
    const calls = proxy.calls(method);
    asking.push(hear(killed.url, { content, key: `${kit.taskQueue} ${content}`, stream: true }));
    await expect.poll(() => proxy.calls(method), patience).toBeGreaterThan(calls);
  };
  await askKeyed('recorded, but the gateway does not hear of it', recordMethod, 'lose');
  await askKeyed('answered, but not recorded', recordMethod, 'hang');
  await askKeyed('started, but the gateway does not hear of it', startMethod, 'lose');
  await askKeyed('never started', startMethod, 'hang');
  asking.push(hear(killed.url, { content: 'nobody will ask again', stream: true }));
  await expect.poll(() => callsByContent(kit).get('nobody will ask again'), patience).toBe(1);
  killed.child.kill('SIGKILL');
  await killed.ended;

  const heard = await Promise.all(asking);
  expect(heard.map(({ told }) => told)).toEqual([false, false, false, false, false]);
  const contents = [
    'recorded, but the gateway does not hear of it',
    'answered, but not recorded',
    'started, but the gateway does not hear of it',
    'never started',
  ];
  const again = await Promise.all(
    contents.map((content) => hear(other.url, { content, key: `${kit.taskQueue} ${content}`, stream: true })),
  );
  expect(again.map(({ told }) => told)).toEqual([true, true, true, true]);
  expect(new Set(again.map(({ text }) => text)).size).toBe(contents.length);
  const calls = callsByContent(kit);
  // What was recorded is not asked for again.
  expect(contents.map((content) => calls.get(content))).toEqual([1, 2, 1, 1]);
  // Nothing was promised for the last one, and nothing is left of it.
  await expect.poll(completed, patience).toBe(before + contents.length);
  expect(calls.get('nobody will ask again')).toBe(1);
}, 120_000);

it('killed at any moment: one recorded answer for each key, and a clean end only with the recorded answer', async () => {
  const { kit } = other;
  kit.provider.plan(model, ...distinctAnswers(60 * killedGateways, 20, 700));
  const before = await completed();
  const rounds = await Promise.all(
    Array.from({ length: killedGateways }, async (_, round) => {
      const killed = await spawnGateway(kit, { callsModels: round % 2 === 0 });
      const asked = Array.from({ length: 20 }, (_one, index) => ({
        content: `Round ${String(round)}, question ${String(index)}`,
        key: index % 4 === 3 ? undefined : `${kit.taskQueue} ${String(round)} ${String(index)}`,
        stream: index % 2 === 0,
      }));
      const momentMs = Math.round(Math.random() * 3_000);
      const hearing = Promise.all(
        asked.map(({ key, ...question }) => hear(killed.url, { ...question, ...(key && { key }) })),
      );
      await sleep(momentMs);
      killed.child.kill('SIGKILL');
      await killed.ended;
      return { asked, heard: await hearing, momentMs };
    }),
  );
  const all = rounds.flatMap(({ asked, heard }) =>
    asked.flatMap((question, index) => {
      const first = heard[index];
      return first === undefined ? [] : [{ ...question, first }];
    }),
  );
  const keyed = all.flatMap(({ key, ...rest }) => (key === undefined ? [] : [{ ...rest, key }]));
  const again = await Promise.all(
    keyed.map(({ key, content, stream }) => hear(other.url, { key, content, stream })),
  );
  expect(again.filter(({ told }) => !told)).toEqual([]);
  expect(new Set(again.map(({ id }) => id)).size).toBe(keyed.length);
  for (const [index, { first }] of keyed.entries()) {
    if (first.told) expect(again[index]).toMatchObject({ text: first.text, replayed: true });
  }
  const told = all.flatMap(({ first }) => (first.told ? [first] : []));
  for (const { id, text } of told) expect((await kit.holdfast.get(id).result()).answer).toBe(text);
  // Each of those without a key that came so far has one end as well; the others left nothing.
  await expect.poll(async () => (await runsByStatus(kit))['RUNNING'] ?? 0, patience).toBe(0);
  const answered = (await completed()) - before;
  expect(answered).toBeGreaterThanOrEqual(keyed.length);
  expect(answered).toBeLessThanOrEqual(all.length);

  const calls = callsByContent(kit);
  const extra = all.reduce((sum, { content }) => sum + Math.max(0, (calls.get(content) ?? 0) - 1), 0);
  const moments = rounds.map(({ momentMs }) => momentMs).join(', ');
  console.log(
    `${String(killedGateways)} gateways killed ${moments} ms after ${String(all.length)} requests: ` +
      `${String(told.length)} had their answers, ${String(keyed.length)} keys asked again, all answered; ` +
      `provider calls beyond one a request: ${String(extra)}`,
  );
}, 180_000);

async function completed(): Promise<number> {
  return (await runsByStatus(other.kit))['COMPLETED'] ?? 0;
}
