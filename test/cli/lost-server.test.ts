import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Holdfast } from '../../client/index.js';
import { searchAttributeTypes } from '../../contracts/search-attributes.js';
import { startOwnServer, type OwnServer } from '../../engine/own-server.js';
import { choosePorts, type Ports } from '../../engine/ports.js';
import { readState } from '../../engine/state.js';
import { obtainCliLimitMs, realCli } from '../engine/test-home.js';
import { startFakeProvider, step } from '../support/fake-provider.js';
import { onlyJson, spawnCli, type CliProcess } from './run-cli.js';

let cli: string;
let folder: string;
let ports: Ports;
let server: OwnServer | undefined;
let command: CliProcess | undefined;

beforeAll(async () => {
  cli = await realCli();
}, obtainCliLimitMs);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-lost-'));
  ports = await choosePorts(undefined, () => undefined);
});

afterEach(async () => {
  command?.process.kill('SIGKILL');
  await server?.process.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A server that somebody else runs: Holdfast is only told its address. */
async function startServer(): Promise<string> {
  server = await startOwnServer({
    cli,
    env: process.env,
    folder,
    logPath: path.join(folder, 'server.log'),
    databasePath: path.join(folder, 'temporal.db'),
    namespace: 'default',
    searchAttributes: searchAttributeTypes,
    ports,
    detached: false,
    onProgress: () => undefined,
  });
  return server.address;
}

async function killServer(): Promise<void> {
  process.kill(server?.process.record.pid ?? 0, 'SIGKILL');
  await server?.process.exited;
}

it('a worker whose server goes away says so once, keeps running, says when it is back, and works again', async () => {
  await using provider = await disposableProvider();
  provider.plan('gpt-4', step.answer('As before.'));
  const config = path.join(folder, 'holdfast.yaml');
  const openai = { kind: 'openai', baseUrl: provider.openaiUrl, keys: ['env:CLI_TEST_KEY'] };
  await writeFile(config, stringify({ providers: { openai } }));
  const address = await startServer();
  command = spawnCli(['worker', '--config', config], { TEMPORAL_ADDRESS: address, CLI_TEST_KEY: 'any' });
  await command.untilErr(/worker is running/);

  await killServer();
  await command.untilErr(/Lost the connection to Temporal/);
  expect(command.process.exitCode).toBeNull();
  await startServer();
  await command.untilErr(/answers again/);

  const holdfast = new Holdfast({ address });
  const messages = [{ role: 'user' as const, content: 'hi' }];
  expect(await holdfast.complete({ model: 'gpt-4', messages })).toMatchObject({ answer: 'As before.' });
  await holdfast.close();
  command.process.kill('SIGTERM');
  const { exitCode, stderr } = await command.ended;
  expect(exitCode).toBe(0);
  expect(stderr.match(/Lost the connection to Temporal at [\d.:]+ \(connection refused/g)).toHaveLength(1);
  expect(stderr.match(/answers again/g)).toHaveLength(1);
});

it('up on a server of somebody else goes on without it, and Ctrl-C still ends it', async () => {
  const address = await startServer();
  command = spawnCli(['up'], { TEMPORAL_ADDRESS: address });
  await command.untilErr(/^Up: /m);

  await killServer();
  await command.untilErr(/^Lost the connection to Temporal/m);
  command.process.kill('SIGINT');

  const { exitCode } = await command.ended;
  expect(exitCode).toBe(0);
});

it('up whose own server dies says so, and what to do, and ends with 3', async () => {
  const database = path.join(folder, 'own', 'temporal.db');
  command = spawnCli(['up', '--database', database], { HOLDFAST_HOME: folder, HOLDFAST_TEMPORAL_CLI: cli });
  await command.untilErr(/^Up: /m);

  const state = await readState(database);
  process.kill(state?.server.pid ?? 0, 'SIGKILL');

  const { exitCode, stderr } = await command.ended;
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/The Temporal server that this command ran is gone. .*pid \d+\) ended by SIGKILL/);
  expect(stderr).toContain('Start again: completions that were running go on');
  expect(stderr).not.toContain('Lost the connection');
});

async function disposableProvider() {
  const provider = await startFakeProvider();
  return Object.assign(provider, { [Symbol.asyncDispose]: () => provider.stop() });
}

it('complete whose server goes away says so, and Ctrl-C names the completion that is left there', async () => {
  const address = await startServer();
  const args = ['complete', 'hi', '--id', 'left-behind', '--json'];
  command = spawnCli(args, { TEMPORAL_ADDRESS: address });
  await command.untilErr(/Completion left-behind/);

  await killServer();
  await command.untilErr(/^Lost the connection to Temporal/m);
  command.process.kill('SIGINT');

  const { exitCode, stdout, stderr } = await command.ended;
  expect(exitCode).toBe(130);
  expect(onlyJson(stdout)).toMatchObject({ error: { code: 'interrupted', id: 'left-behind' } });
  expect(stderr).toContain('holdfast attempts left-behind');
});
