import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, it } from 'vitest';
import { manyStreams, type StreamsPlan } from './gateway-streams.js';

// For `npm run load:streams`.
const numberOf = (name: string, usual: number): number => Number(process.env[name] ?? usual);
const plan: StreamsPlan = {
  streams: numberOf('STREAMS', 500),
  rounds: numberOf('ROUNDS', 3),
  tokens: numberOf('TOKENS', 60),
  gapMs: numberOf('GAP_MS', 500),
  comeWithinMs: numberOf('COME_WITHIN_MS', 15_000),
  goneWithinMs: 30_000,
};

it(`${String(plan.streams)} streams at a time`, async () => {
  const { address, namespace } = inject('temporal');
  const connection = await Connection.connect({ address });
  const { before, rounds } = await manyStreams({
    ...plan,
    engine: { address, namespace, bundlePath: inject('bundlePath') },
    temporal: new Client({ connection, namespace }),
    taskQueue: `load-${randomUUID()}`,
  }).finally(() => connection.close());
  console.log(JSON.stringify({ plan, before, rounds }, undefined, 2));
  for (const { fates, held } of rounds) {
    for (const fate of Object.values(fates)) expect(fate.silent ?? 0).toBe(0);
    expect(held).toMatchObject({ open: 0, attendances: 0, running: 0, calling: 0 });
    expect(held.sockets).toBeLessThanOrEqual(before.sockets);
    expect(held.providerSockets).toBeLessThanOrEqual(before.providerSockets);
  }
  // The first round still fills what is kept for good: caches, compiled code.
  const heaps = rounds.map(({ held }) => held.heap);
  expect((heaps.at(-1) ?? 0) - (heaps[0] ?? 0)).toBeLessThan(20 * 1_024 * 1_024);
}, 3_600_000);
