import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { engineFolders } from '../../engine/folders.js';
import { processIdentity } from '../../engine/process-identity.js';
import { startFakeProvider, step } from '../support/fake-provider.js';
import { onlyJson, runCli, spawnCli, suiteEnv, type CliProcess } from './run-cli.js';

const key = 'sk-holdfast-cli-test-0123456789abcdef';

let folder: string;
const started: CliProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-cli-'));
});

afterAll(async () => {
  for (const { process } of started) process.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

it('up --once --json without keys prints one JSON object: gpt-4 fails, claude-3-opus answers, and it says simulated', async () => {
  const cli = spawnCli(
    ['up', '--once', '--json', '--task-queue', `cli-${randomUUID()}`, 'Hello'],
    suiteEnv(),
  );
  started.push(cli);

  const { exitCode, stdout, stderr } = await cli.ended;

  expect(onlyJson(stdout)).toMatchObject({
    simulated: true,
    model: 'claude-3-opus-20240229',
    requestedModel: 'gpt-4',
    answer: expect.stringContaining('SIMULATED') as string,
    fallback: { from: 'gpt-4', to: 'claude-3-opus-20240229', reason: 'overloaded' },
    attempts: [
      {
        model: 'gpt-4',
        provider: 'openai',
        outcome: 'overloaded',
        httpStatus: 503,
        next: { action: 'retry' },
      },
      { model: 'gpt-4', outcome: 'overloaded', next: { action: 'retry' } },
      { model: 'gpt-4', outcome: 'overloaded', next: { action: 'fallback' } },
      { model: 'claude-3-opus-20240229', provider: 'anthropic', outcome: 'success' },
    ],
    url: expect.toSatisfy((url: unknown) => url === null || typeof url === 'string') as string,
  });
  expect(stderr).toContain('SIMULATED PROVIDERS');
  expect(exitCode).toBe(0);
});

it('up starts an engine, serves a second terminal, and Ctrl-C leaves nothing behind', async () => {
  const home = path.join(folder, 'home');
  await mkdir(home);
  // The database is new; the binary is the one that the user has.
  await symlink(engineFolders(process.env).cache, path.join(home, 'cache'));
  const { HOLDFAST_TEMPORAL_CLI } = process.env;
  const env = { HOLDFAST_HOME: home, ...(HOLDFAST_TEMPORAL_CLI ? { HOLDFAST_TEMPORAL_CLI } : {}) };
  const taskQueue = `cli-${randomUUID()}`;
  // Named, so that it is a server of its own even where another one runs on this machine.
  const database = path.join(home, 'data', 'temporal.db');
  const up = spawnCli(['up', '--task-queue', taskQueue, '--database', database], env);
  started.push(up);
  await up.untilErr(/^Up: /m);

  const second = await runCli(['complete', '-', '--task-queue', taskQueue], {
    env,
    stdin: 'From another terminal',
  });
  expect(second).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('SIMULATED') as string });

  const server = await serverPid(home);
  up.process.kill('SIGINT');
  const { exitCode, stdout, stderr } = await up.ended;
  expect(stdout).toMatch(/1 {2}gpt-4 +openai +overloaded .*tried again/);
  expect(stdout).toMatch(/holdfast attempts completion-/);
  expect(stderr).toMatch(/^Ending/m);
  expect(exitCode).toBe(0);
  expect(await processIdentity(server)).toBeUndefined();
});

it('up --once on a server of its own says where the answer is kept, and offers nothing that has ended', async () => {
  const home = path.join(folder, 'once');
  const { HOLDFAST_TEMPORAL_CLI } = process.env;
  await mkdir(home);
  await symlink(engineFolders(process.env).cache, path.join(home, 'cache'));
  const database = path.join(home, 'data', 'temporal.db');
  const cli = spawnCli(['up', '--once', '--database', database], {
    HOLDFAST_HOME: home,
    ...(HOLDFAST_TEMPORAL_CLI ? { HOLDFAST_TEMPORAL_CLI } : {}),
  });
  started.push(cli);

  const { exitCode, stdout, stderr } = await cli.ended;

  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    `It is kept in ${database}. To look at it there: holdfast up --database ${database}`,
  );
  expect(stdout).not.toMatch(/In another terminal|In the Temporal UI/);
  expect(stderr).toContain('The Temporal server was stopped.');
});

it('a failing up --once --json prints one JSON error with the trail, and no key', async () => {
  const provider = await startFakeProvider();
  const echo = step.status(401, { message: `Incorrect API key provided: ${key}` });
  provider.plan('gpt-4', echo);
  const config = path.join(folder, 'holdfast.yaml');
  await writeFile(
    config,
    stringify({
      providers: { openai: { kind: 'openai', baseUrl: provider.openaiUrl, keys: ['env:CLI_TEST_KEY'] } },
      chains: { default: ['gpt-4'] },
    }),
  );

  const { exitCode, stdout, stderr } = await runCli(
    ['up', '--once', '--json', '--config', config, '--task-queue', `cli-${randomUUID()}`],
    { env: suiteEnv({ CLI_TEST_KEY: key }) },
  );

  expect(onlyJson(stdout)).toMatchObject({
    error: {
      code: 'completion_failed',
      kind: 'auth_failed',
      attempts: [{ model: 'gpt-4', outcome: 'auth_failed', key: 'env:CLI_TEST_KEY' }],
    },
  });
  expect(exitCode).toBe(1);
  expect(provider.calls('gpt-4')[0]?.headers['authorization']).toBe(`Bearer ${key}`);
  expect(stdout + stderr).not.toContain(key);
  await provider.stop();
});

it('an address where no Temporal answers ends up with 3, naming the address', async () => {
  const { exitCode, stdout, stderr } = await runCli(['up', '--once', '--json'], {
    env: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
  });

  expect(exitCode).toBe(3);
  expect(onlyJson(stdout)).toMatchObject({ error: { code: 'engine_unavailable', kind: 'unreachable' } });
  expect(stderr).toContain('127.0.0.1:1');
});

async function serverPid(home: string): Promise<number> {
  const state = await readFile(path.join(home, 'data', 'temporal.db.engine.json'), 'utf8');
  const { server } = JSON.parse(state) as { server: { pid: number } };
  return server.pid;
}
