import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, it } from 'vitest';
import { manyStreams } from '../load/gateway-streams.js';

it('many streams, clients that vanish and upstreams that break off leave nothing behind', async () => {
  const { address, namespace } = inject('temporal');
  const connection = await Connection.connect({ address });
  const { before, rounds } = await manyStreams({
    engine: { address, namespace, bundlePath: inject('bundlePath') },
    temporal: new Client({ connection, namespace }),
    taskQueue: `test-${randomUUID()}`,
    streams: 40,
    rounds: 1,
    tokens: 20,
    gapMs: 50,
    comeWithinMs: 1_000,
    goneWithinMs: 10_000,
  }).finally(() => connection.close());
  const { fates, callsPerStream, held } = rounds[0] ?? expect.fail('there was no round');
  expect(fates).toEqual({ plain: { whole: 28 }, leaves: { left: 4 }, breaks: { toldBroken: 8 } });
  expect(callsPerStream).toBe(1);
  expect(held).toMatchObject({ open: 0, attendances: 0, running: 0, calling: 0 });
  expect(held.sockets).toBeLessThanOrEqual(before.sockets);
  expect(held.providerSockets).toBeLessThanOrEqual(before.providerSockets);
});
