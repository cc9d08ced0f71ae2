import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { spawnCli, suiteEnv, type CliProcess } from '../cli/run-cli.js';
import { ask, readStream } from '../gateway/asking.js';
import { openRaw, rawRequest } from '../gateway/raw-socket.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { model } from './gateway-scene.js';

const key = 'sk-holdfast-cli-test-0123456789abcdef';
const text = 'An answer that comes in several pieces';

/** `holdfast gateway`, as a service runs it, in front of a kit. */
async function serve(kit: CompletionKit): Promise<{ program: CliProcess; url: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-gateway-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = path.join(folder, 'holdfast.yaml');
  await writeFile(
    config,
    stringify({
      providers: {
        openai: { kind: 'openai', baseUrl: kit.provider.openaiUrl, keys: ['env:CLI_TEST_KEY'] },
      },
    }),
  );
  const program = spawnCli(
    ['gateway', '--config', config, '--task-queue', kit.taskQueue, '--port', '0'],
    suiteEnv({ CLI_TEST_KEY: key }),
  );
  onTestFinished(() => {
    // Also after a test that was given up in the middle.
    program.process.kill('SIGKILL');
  });
  await program.untilErr(/gateway is running/);
  const url = /"url":"([^"]+)"/.exec(program.written.stderr)?.[1] ?? '';
  return { program, url };
}

it('on SIGTERM lets streams end with [DONE], turns new requests away, and ends with 0', async () => {
  await using kit = await startCompletionKit();
  kit.provider.plan(model, step.stream(text, { gapMs: 300 }));
  const { program, url } = await serve(kit);
  const running = await ask(url, { model, stream: true });
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Say hello' }] });
  const request = rawRequest(
    'POST',
    '/v1/chat/completions',
    { 'content-type': 'application/json', 'content-length': String(body.length) },
    body,
  );
  await using kept = await openRaw(url);
  await kept.send(request);
  await kept.until(/data: /);

  program.process.kill('SIGTERM');
  await program.untilErr(/waiting for/);
  // A connection that is in use takes another request; a new one is not to be had.
  await expect
    .poll(
      () =>
        fetch(url).then(
          () => 'taken',
          () => 'refused',
        ),
      { timeout: 10_000 },
    )
    .toBe('refused');
  await kept.send(request);

  expect(await readStream(running)).toMatchObject({ text, done: true });
  await kept.closed;
  const [first = '', second = ''] = kept.received().split('[DONE]');
  expect(first).toMatch(/^HTTP\/1.1 200/);
  expect(second).toMatch(/HTTP\/1.1 503/);
  expect(second).toMatch(/retry-after: 1/i);
  const { exitCode, stderr } = await program.ended;
  expect(exitCode).toBe(0);
  expect(stderr).toContain('gateway has ended');
  expect(kit.provider.calls(model)).toHaveLength(2);
});

it('on a second SIGTERM ends at once; the completion goes on without it', async () => {
  await using kit = await startCompletionKit();
  kit.provider.plan(model, step.once(step.stream(text, { gapMs: 60_000 })), step.answer(text));
  const { program, url } = await serve(kit);
  const response = await ask(url, { model, stream: true, key: `${kit.taskQueue} cut` });
  program.process.kill('SIGTERM');
  await program.untilErr(/waiting for/);
  // Two signals close to one another count as one, since npm passes on what the terminal has sent as well.
  await sleep(400);
  program.process.kill('SIGTERM');
  const { exitCode } = await program.ended;
  expect(exitCode).toBe(130);
  await expect(readStream(response)).rejects.toThrow();
  const { answer } = await kit.holdfast.get(response.headers.get('x-holdfast-id') ?? '').result();
  expect(answer).toBe(text);
});
