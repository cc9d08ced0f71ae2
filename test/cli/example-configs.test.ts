import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { onlyJson, runCli, spawnCli, suiteEnv, type CliProcess } from './run-cli.js';

let up: CliProcess | undefined;
afterEach(async () => {
  up?.process.kill('SIGINT');
  await up?.ended;
});

interface Expected {
  /** Model and outcome of each attempt of the first completion, whose first model fails on purpose. */
  trail: [model: string, outcome: string][];
  /** Provider of the one that answered. */
  provider: string;
  /** A prompt, and the model that `--strategy auto` asks first for it. */
  auto: [prompt: string, model: string];
}

const failing = (model: string, times: number): [string, string][] =>
  Array.from({ length: times }, () => [model, 'overloaded']);

const examples: Record<string, Expected> = {
  'five-lines': {
    trail: [...failing('gpt-4', 5), ['claude-3-opus-20240229', 'success']],
    provider: 'anthropic',
    auto: ['Write a Python function to sort a list', 'claude-3-sonnet-20240229'],
  },
  'current-models': {
    trail: [...failing('claude-sonnet-5-5', 3), ['gpt-6-sol', 'success']],
    provider: 'openai',
    auto: ['What is the capital of France?', 'gpt-6-luna'],
  },
  production: {
    trail: [...failing('gpt-6-sol', 4), ['azure-gpt', 'success']],
    provider: 'azure',
    auto: ['Where is the refund for my order?', 'claude-haiku-5-5'],
  },
};

/** Every provider of the config is called at a simulated one in its place; all the rest is the config's own. */
describe('the example configs, each in a worker of its own', () => {
  it.each(Object.entries(examples))('%s answers', async (name, { trail, provider, auto }) => {
    const config = `examples/${name}.yaml`;
    const taskQueue = `cli-${randomUUID()}`;
    up = spawnCli(
      ['up', '--simulate', '--json', '--config', config, '--task-queue', taskQueue, 'Hello'],
      suiteEnv(),
    );
    await up.untilErr(/^Up: /m);
    // stdout and stderr are two pipes: what was written first may come last.
    const { written } = up;
    await vi.waitFor(() => expect(written.stdout).toMatch(/\n$/));

    const first = onlyJson(written.stdout) as { attempts: { model: string; outcome: string }[] };
    expect(first).toMatchObject({ provider, simulated: true, costUsd: expect.any(Number) as number });
    expect(first.attempts.map(({ model, outcome }) => [model, outcome])).toEqual(trail);

    const [prompt, asked] = auto;
    const chosen = await runCli([
      ...['complete', prompt, '--strategy', 'auto', '--json'],
      ...['--config', config, '--task-queue', taskQueue],
    ]);
    expect(onlyJson(chosen.stdout)).toMatchObject({ requestedModel: asked, model: asked });
  });
});
