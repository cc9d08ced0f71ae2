import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { EngineUnavailableError, Holdfast } from '../../client/index.js';
import { startOwnServer, type OwnServer } from '../../engine/own-server.js';
import { choosePorts } from '../../engine/ports.js';
import { temporalProbe, type EngineWatch, type EngineWatchOptions } from '../../gateway/engine-watch.js';
import { gate, startTemporalProxy, type TemporalProxy } from '../client/temporal-proxy.js';
import { obtainCliLimitMs, realCli } from '../engine/test-home.js';
import { away, connect, namespace, patience, seldom, watch } from './watching.js';

const impatient = { startPatienceMs: 0, connectTimeoutMs: 300, callTimeoutMs: 300 };

/** A watch of the suite's server, over a wire that can be made to fail. */
async function watchProxy(
  options: Partial<EngineWatchOptions> = {},
): Promise<{ proxy: TemporalProxy; watching: EngineWatch }> {
  const proxy = await startTemporalProxy(inject('temporal').address);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const probe = temporalProbe(connect(proxy.address));
  return { proxy, watching: watch({ probe, ...options }) };
}

describe('a Temporal server that is killed and started again', () => {
  let folder: string;
  let cli: string;
  let server: OwnServer | undefined;
  beforeAll(async () => {
    cli = await realCli();
    folder = await mkdtemp(path.join(tmpdir(), 'holdfast-watch-'));
  }, obtainCliLimitMs);
  afterAll(async () => {
    await server?.process.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is known to be down and to be back', async () => {
    const ports = await choosePorts(undefined, () => undefined);
    const start = async (): Promise<OwnServer> => {
      server = await startOwnServer({
        cli,
        env: process.env,
        folder,
        logPath: path.join(folder, 'server.log'),
        databasePath: path.join(folder, 'temporal.db'),
        namespace,
        searchAttributes: {},
        ports,
        detached: false,
        onProgress: () => undefined,
      });
      return server;
    };
    const { address, process: running } = await start();
    const watching = watch({ probe: temporalProbe(connect(address)) });
    expect(await watching.readiness()).toBeUndefined();

    const before = Date.now();
    process.kill(running.record.pid, 'SIGKILL');
    await running.exited;
    await expect.poll(() => watching.down(), patience).toBeDefined();
    expect(watching.down()?.since).toBeGreaterThanOrEqual(before);
    expect(watching.down()?.reason).toContain(`Temporal at ${address} cannot be reached`);
    expect(await watching.readiness()).toBe('Temporal cannot be reached');

    await start();
    await expect.poll(() => watching.down(), patience).toBeUndefined();
    expect(await watching.readiness()).toBeUndefined();
    await server?.process.stop();
  });
});

describe('an outage', () => {
  it('that a request meets is known at once, and so is its end', async () => {
    const { proxy, watching } = await watchProxy({ everyMs: seldom.everyMs });
    expect(await watching.readiness()).toBeUndefined();
    const holdfast = new Holdfast({ address: proxy.address, namespace, ...impatient });
    onTestFinished(() => holdfast.close());
    await proxy.cut();
    const request = { model: 'gpt-4', messages: [{ role: 'user' as const, content: 'hi' }] };
    const failure: unknown = await holdfast.start(request).catch((error: unknown) => error);

    watching.noteFailure(failure);
    expect(watching.down()?.reason).toContain(`Temporal at ${proxy.address} cannot be reached`);
    await proxy.mend();
    await expect.poll(() => watching.down(), patience).toBeUndefined();
  });

  it('in which nothing is answered is one, too', async () => {
    const { proxy, watching } = await watchProxy();
    expect(await watching.readiness()).toBeUndefined();
    proxy.decide(() => 'hang');
    await expect.poll(() => watching.down(), patience).toBeDefined();
    proxy.decide(() => 'pass');
    await expect.poll(() => watching.down(), patience).toBeUndefined();
  });

  it.each([
    ['too much to do', 8],
    ['a refusal', 7],
  ])('is not what %s is', async (_, status) => {
    const { proxy, watching } = await watchProxy();
    await watching.readiness();
    proxy.decide(() => ({ status, message: 'not for you' }));
    const probed = proxy.calls('DescribeNamespace');
    await expect.poll(() => proxy.calls('DescribeNamespace'), patience).toBeGreaterThan(probed + 3);
    expect(watching.down()).toBeUndefined();
    watching.noteFailure(new EngineUnavailableError(proxy.address, new Error('busy'), 'limiting'));
    expect(watching.down()).toBeUndefined();
  });

  it('from before the first probe is known after that one', async () => {
    const watching = watch({ ...seldom, probe: () => Promise.reject(away) });
    expect(await watching.readiness()).toBe('Temporal cannot be reached');
    expect(watching.down()).toMatchObject({ reason: away.message });
  });

  it('is not told by one unanswered probe', async () => {
    let [asked, failing] = [0, 0];
    const watching = watch({
      probe: () => {
        asked += 1;
        if (asked !== 2) return Promise.resolve();
        failing += 1;
        return Promise.reject(away);
      },
    });
    const seen: unknown[] = [];
    await expect
      .poll(
        () => {
          seen.push(watching.down());
          return asked;
        },
        { interval: 5, ...patience },
      )
      .toBeGreaterThan(3);
    expect(failing).toBe(1);
    expect(seen.every((down) => down === undefined)).toBe(true);
  });

  it('that many requests meet costs one probe, not one for each', async () => {
    let asked = 0;
    const watching = watch({
      ...seldom,
      probe: () => {
        asked += 1;
        return asked === 1 ? Promise.resolve() : Promise.reject(away);
      },
    });
    await watching.readiness();
    for (let requests = 0; requests < 50; requests += 1) watching.noteFailure(away);
    await expect.poll(() => asked).toBe(2);
    for (let requests = 0; requests < 50; requests += 1) watching.noteFailure(away);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBe(2);
    watching.noteSuccess();
    expect(watching.down()).toBeUndefined();
  });

  it('is not over by a probe that was answered before it began', async () => {
    const [before, after] = [gate(), gate()];
    let asked = 0;
    const watching = watch({
      probe: () => {
        asked += 1;
        return asked === 1 ? before.opened : after.opened;
      },
    });
    watching.noteFailure(away);
    await expect.poll(() => asked).toBe(2);
    before.open();
    await watching.readiness();
    expect(watching.down()).toMatchObject({ reason: away.message });
    after.open();
    await expect.poll(() => watching.down()).toBeUndefined();
  });

  it('is looked for no more after stop', async () => {
    let asked = 0;
    const probing = gate();
    const watching = watch({
      everyMs: 1,
      failingEveryMs: 1,
      probe: () => {
        asked += 1;
        return asked < 3 ? Promise.resolve() : probing.opened;
      },
    });
    await expect.poll(() => asked).toBe(3);
    watching.stop();
    probing.open();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(asked).toBe(3);
  });
});
