import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import {
  CompletionNotFoundError,
  EngineUnavailableError,
  Holdfast,
  HoldfastClosedError,
} from '../../client/index.js';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { startTemporalProxy } from './temporal-proxy.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const model = 'gpt-4';

/** Something that takes connections and closes them at once. */
async function startDoor(port = 0): Promise<{ port: number; knocks: () => number }> {
  let knocks = 0;
  const server = createServer((socket) => {
    knocks += 1;
    socket.on('error', () => undefined);
    socket.destroy();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, knocks: () => knocks };
}

describe('the proxy that http_proxy names', () => {
  it('is not asked the way to this machine, and is for any other', async () => {
    const proxy = await startDoor();
    for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy']) {
      vi.stubEnv(name, `http://127.0.0.1:${String(proxy.port)}`);
    }
    vi.stubEnv('no_proxy', '');
    vi.stubEnv('no_grpc_proxy', '');
    onTestFinished(() => void vi.unstubAllEnvs());

    await using kit = await startCompletionKit();
    kit.provider.plan(model, step.answer('From here'));
    const { id } = await kit.holdfast.complete({ model, messages });
    await kit.temporal.workflow.getHandle(id).describe();
    const port = inject('temporal').address.split(':').at(-1) ?? '';
    const byName = new Holdfast({ address: `localhost:${port}`, namespace: inject('temporal').namespace });
    expect((await byName.get(id).result()).answer).toBe('From here');
    await byName.close();
    expect(proxy.knocks()).toBe(0);

    const elsewhere = new Holdfast({ address: 'temporal.invalid:7233', connectTimeoutMs: 2_000 });
    await expect(elsewhere.get(id).cancel()).rejects.toBeInstanceOf(EngineUnavailableError);
    await elsewhere.close();
    expect(proxy.knocks()).toBeGreaterThan(0);
  });
});

describe('a Temporal that went away', () => {
  it('is looked for every second at most, however long it is away', async () => {
    await using kit = await startCompletionKit();
    const { address, namespace } = inject('temporal');
    await using proxy = await startTemporalProxy(address);
    const holdfast = new Holdfast({ address: proxy.address, namespace, taskQueue: kit.taskQueue });
    kit.provider.plan(model, step.hang());
    const handle = await holdfast.start({ model, messages });
    const waiting = expect(handle.result()).rejects.toBeInstanceOf(HoldfastClosedError);
    await expect.poll(() => proxy.calls('GetWorkflowExecutionHistory')).toBe(1);
    await proxy.cut();
    const door = await startDoor(Number(proxy.address.split(':').at(-1)));
    // Pauses that double from one second on would make it seven by then.
    await expect.poll(door.knocks, { timeout: 20_000 }).toBeGreaterThan(9);
    await holdfast.close();
    await waiting;
    await kit.holdfast.get(handle.id).cancel();
  });

  // What throws in a timer is nobody's rejection: the run as a whole would fail by it.
  it('leaves nothing behind that could end the process when the client is closed before a repeat', async () => {
    const { address, namespace } = inject('temporal');
    await using proxy = await startTemporalProxy(address);
    const holdfast = new Holdfast({ address: proxy.address, namespace });
    await expect(holdfast.get('nobody').cancel()).rejects.toBeInstanceOf(CompletionNotFoundError);
    await proxy.cut();
    const asked = expect(holdfast.get('nobody').cancel()).rejects.toBeInstanceOf(Error);
    // By now the first try has failed, and the next one is 100 ms away.
    await sleep(50);
    await holdfast.close();
    await asked;
    await sleep(500);
  });

  it('is told of in words that end with the cause', async () => {
    const { address, namespace } = inject('temporal');
    await using proxy = await startTemporalProxy(address);
    const holdfast = new Holdfast({ address: proxy.address, namespace });
    await expect(holdfast.get('any').cancel()).rejects.toBeInstanceOf(CompletionNotFoundError);
    await proxy.cut();
    const cancelling = expect(holdfast.get('any').cancel());
    await cancelling.rejects.toThrow(/cannot be reached \(.*ECONNREFUSED [\d.:]+\)\. Start one/);
    await holdfast.close();
  });
});
