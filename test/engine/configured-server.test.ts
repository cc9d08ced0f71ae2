import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../engine/index.js';
import { readConfiguration } from '../../engine/configured-server.js';
import { probeTemporal } from '../../engine/temporal-probe.js';
import { obtainCliLimitMs, realCli, TestHome } from './test-home.js';

let home: TestHome;
let server: Engine;

// One real server that stands for the configured one.
beforeAll(async () => {
  home = await TestHome.create(await realCli());
  server = await home.start({ isolated: true, database: { kind: 'memory' } });
}, obtainCliLimitMs);

afterAll(() => home.remove());

const refusalLimitMs = 4_000; // below the limit for connecting, which a closed port must not use up

test(
  'one that is down is told at once, by address, and no other takes its place',
  { timeout: refusalLimitMs },
  async () => {
    // A server that could be fallen back to answers where one is usually looked for.
    home.ports.grpc = Number(server.address.split(':')[1]);
    await expect(home.start({ env: { ...home.env, TEMPORAL_ADDRESS: '127.0.0.1:1' } })).rejects.toMatchObject(
      {
        name: 'EngineError',
        kind: 'unreachable',
        message: expect.stringMatching(/127\.0\.0\.1:1 .*refused.*TEMPORAL_ADDRESS/) as string,
        remedies: expect.arrayContaining([expect.stringContaining('remove the setting')]) as string[],
      },
    );
  },
);

test('something else at the address is told from a server that is down', async () => {
  const web = createServer((_, response) => response.end('hello'));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const address = web.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await expect(
    home.start({ env: { ...home.env, TEMPORAL_ADDRESS: `127.0.0.1:${port}` } }),
  ).rejects.toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('not answer as Temporal') as string,
  });
  web.closeAllConnections();
  web.close();
});

test('one that answers is used and never stopped', async () => {
  const engine = await home.start({ env: { ...home.env, TEMPORAL_ADDRESS: server.address } });
  expect(engine).toMatchObject({ source: 'configured', address: server.address, startedHere: false });
  await engine.stop();
  expect(await probeTemporal({ address: server.address }, 2_000)).toEqual({ answers: true });
});

test('a namespace it does not know is named, and not created', async () => {
  const env = { ...home.env, TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'unknown' };
  for (const attempt of ['first', 'second']) {
    await expect(home.start({ env }), attempt).rejects.toMatchObject({
      kind: 'namespace',
      message: expect.stringContaining('"unknown"') as string,
    });
  }
});

test('a profile file is read, and the variables come before it', async () => {
  const file = join(home.folder, 'temporal.toml');
  await writeFile(
    file,
    ['[profile.prod]', 'address = "prod.example:7233"', 'namespace = "ns"', 'api_key = "key"'].join('\n'),
  );
  const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' };
  expect(readConfiguration(env)).toEqual({
    connection: { address: 'prod.example:7233', apiKey: 'key', tls: true },
    namespace: 'ns',
    origin: 'the Temporal profile file',
  });
  expect(readConfiguration({ ...env, TEMPORAL_ADDRESS: 'other:1' })).toMatchObject({
    connection: { address: 'other:1' },
    origin: 'TEMPORAL_ADDRESS',
  });
});

test('an empty TEMPORAL_ADDRESS configures nothing, a profile that does not exist is an error', () => {
  const env = { HOME: home.folder, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: 'ns' };
  expect(readConfiguration(env)).toMatchObject({ connection: undefined, namespace: 'ns' });
  expect(() => readConfiguration({ ...env, TEMPORAL_PROFILE: 'nowhere' })).toThrow(/nowhere/);
});
