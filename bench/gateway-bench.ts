import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { searchAttributeTypes } from '../contracts/search-attributes.js';
import { startEngine } from '../engine/index.js';
import { bundleWorkflows } from '../worker/workflow-bundle.js';
import { ask, type Asked } from './ask.js';
import { profileFlags, startChild } from './child-process.js';
import type { GatewayFacts, GatewayInput } from './gateway.js';
import { answerOf, requestOf, type Plan, type ProviderFacts } from './provider.js';
import { machine, table, type Cell, type Way } from './gateway-table.js';

// For `npm run bench:gateway`: what the gateway adds to a direct call of the provider. All rows are of one run, and the
// ways take turns every few seconds, so that whatever else the machine does meets all of them.
const numberOf = (name: string, usual: number): number => Number(process.env[name] ?? usual);
const turns = numberOf('TURNS', 5);
const only = process.env['ONLY'];
const ways: Way[] = ['direct', 'overlapped', 'ordinary'];
const kinds = [
  { delayMs: 0, together: 1, requests: numberOf('ALONE', 40) },
  { delayMs: 300, together: 1, requests: numberOf('ALONE_SLOW', 20) },
  { delayMs: 0, together: 32, requests: numberOf('TOGETHER', 128) },
  { delayMs: 300, together: 32, requests: numberOf('TOGETHER', 128) },
]
  .flatMap((kind) => [true, false].map((stream) => ({ ...kind, stream })))
  .filter(({ delayMs, together, stream }) => {
    const name = `${stream ? 'stream' : 'plain'}-${String(delayMs)}-${String(together)}`;
    return only === undefined || new RegExp(only).test(name);
  });

const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
const bundlePath = join(folder, 'workflow-bundle.js');
await writeFile(bundlePath, (await bundleWorkflows()).code);
const engine = await startEngine({
  isolated: true,
  database: { kind: 'memory' },
  searchAttributes: searchAttributeTypes,
  onProgress: (line) => console.error(line),
});
const provider = await startChild<ProviderFacts>('provider-process.ts', {
  keepAliveMs: 60_000,
});
const { address, namespace } = engine;
const taskQueue = 'bench';
const gateway = await startChild<GatewayFacts>(
  'gateway-process.ts',
  { address, namespace, taskQueue, bundlePath, providerUrl: provider.url } satisfies GatewayInput,
  profileFlags(),
);
const connection = await Connection.connect({ address });
const temporal = new Client({ connection, namespace });
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

try {
  for (const way of ways) await turn({ delayMs: 0, together: 8, requests: 64, stream: true }, way);
  const cells: Cell[] = [];
  for (const kind of kinds) {
    const row = ways.map((way): Cell => ({
      ...kind,
      way,
      asked: [],
      calls: 0,
      cpuMs: 0,
      tookMs: 0,
      events: [],
    }));
    for (let number = 0; number < turns; number += 1) {
      for (const cell of row) {
        const part = await turn(kind, cell.way);
        cell.asked.push(...part.asked);
        cell.calls += part.calls;
        cell.cpuMs += part.cpuMs;
        cell.tookMs += part.tookMs;
      }
    }
    for (const cell of row) cell.events = await eventsOf(cell.asked);
    cells.push(...row);
    console.error(table(row));
  }
  console.log(`${await machine(temporal)}\n\n${table(cells)}`);
} finally {
  agent.destroy();
  await connection.close();
  await gateway.child.stop();
  await provider.child.stop();
  await engine.stop();
  await rm(folder, { recursive: true });
}

interface Kind {
  delayMs: number;
  /** Requests that are under way at a time. */
  together: number;
  requests: number;
  stream: boolean;
}

/** A part of the requests of one cell. */
async function turn(kind: Kind, way: Way): Promise<Pick<Cell, 'asked' | 'calls' | 'cpuMs' | 'tookMs'>> {
  if (way !== 'direct') await gateway.child.ask(way === 'overlapped' ? 'overlap' : 'ordinary');
  const before = await figures();
  const startedAt = performance.now();
  const asked: Asked[] = [];
  let left = kind.requests;
  const one = async (): Promise<void> => {
    while (left-- > 0) asked.push(await checked(kind, way));
  };
  await Promise.all(Array.from({ length: kind.together }, one));
  const tookMs = performance.now() - startedAt;
  if (way !== 'direct') await quiet();
  const after = await figures();
  return { asked, tookMs, calls: after.calls - before.calls, cpuMs: after.cpuMs - before.cpuMs };
}

async function checked({ delayMs, stream }: Kind, way: Way): Promise<Asked> {
  const plan: Plan = { tokens: 10, delayMs, gapMs: 0 };
  const origin = way === 'direct' ? provider.url : gateway.url;
  const asked = await ask({ url: `${origin}/v1/chat/completions`, body: requestOf(plan, stream), agent });
  const { ending, status, text, done } = asked;
  const whole = stream ? done && text === answerOf(plan) : text.includes(answerOf(plan));
  if (ending !== 'whole' || status !== 200 || !whole) {
    throw new Error(`a request ended as ${JSON.stringify(asked)}`);
  }
  return asked;
}

async function figures(): Promise<{ calls: number; cpuMs: number }> {
  const [{ calls }, { cpuMs }] = await Promise.all([provider.child.ask('state'), gateway.child.ask('state')]);
  return { calls, cpuMs };
}

/** The workflows end after their answers: until then the gateway works for them. */
async function quiet(): Promise<void> {
  const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running' AND WorkflowType = 'completion'`;
  do await sleep(200);
  while ((await temporal.workflow.count(query)).count > 0);
}

/** Length of the histories of some of the completions. */
async function eventsOf(asked: readonly Asked[]): Promise<number[]> {
  const ids = asked.flatMap(({ id }) => id ?? []).slice(0, 10);
  const histories = await Promise.all(ids.map((id) => temporal.workflow.getHandle(id).fetchHistory()));
  return histories.map(({ events }) => events?.length ?? 0);
}
