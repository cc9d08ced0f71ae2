import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.js';
import { resolveRoute, type RouteContext } from '../../config/route.js';
import type { ChatRequest } from '../../contracts/chat.js';
import type { CompletionTarget } from '../../contracts/completion.js';

const config = parseConfig(
  {
    providers: { a: { kind: 'openai' }, b: { kind: 'anthropic' } },
    models: {
      one: { provider: 'a', contextWindow: 1_000, price: { input: 10, output: 20 } },
      two: { provider: 'b' },
      three: { provider: 'a' },
    },
    chains: { default: ['one', 'two'], twice: ['one', 'two', 'one'] },
    strategies: { coding: ['two', 'one'], fast_cheap: ['three'] },
  },
  'a test',
);
const context: RouteContext = { configHash: 'abc', searchAttributes: true, unusable: () => undefined };

const asking = (content: string): ChatRequest => ({ messages: [{ role: 'user', content }] });

function models(
  target: CompletionTarget,
  changes: Partial<RouteContext> = {},
  chat = asking('hi'),
): string[] | string {
  const routing = resolveRoute({ target, chat }, config, { ...context, ...changes });
  return routing.ok ? routing.route.candidates.map(({ model }) => model) : routing.refusal.kind;
}

describe('resolveRoute', () => {
  it.each<[CompletionTarget, string[]]>([
    [{ kind: 'model', model: 'two' }, ['two']],
    [{ kind: 'models', models: ['three', 'one'] }, ['three', 'one']],
    [{ kind: 'chain', chain: 'default' }, ['one', 'two']],
    [{ kind: 'strategy', strategy: 'coding' }, ['two', 'one']],
  ])('%o', (target, expected) => {
    expect(models(target)).toEqual(expected);
  });

  it('names each model once, at its first place', () => {
    expect(models({ kind: 'chain', chain: 'twice' })).toEqual(['one', 'two']);
  });

  it.each<CompletionTarget>([
    { kind: 'model', model: 'four' },
    { kind: 'model', model: '__proto__' },
    { kind: 'models', models: ['one', 'constructor'] },
    { kind: 'chain', chain: 'toString' },
    { kind: 'strategy', strategy: 'nobody' },
  ])('%o is refused, with the names there are', (target) => {
    const routing = resolveRoute({ target, chat: asking('hi') }, config, context);
    expect(routing).toMatchObject({ ok: false, refusal: { kind: 'bad_request' } });
    expect(routing.ok ? '' : routing.refusal.message).toMatch(/the config has: \w/);
  });

  it('skips models whose provider has no key here, and says why', () => {
    const unusable = (provider: string): string | undefined =>
      provider === 'a' ? 'A_KEY is not set' : undefined;
    const request = { target: { kind: 'chain', chain: 'default' } as const, chat: asking('hi') };
    expect(resolveRoute(request, config, { ...context, unusable })).toMatchObject({
      ok: true,
      route: {
        requested: 'one',
        candidates: [{ model: 'two' }],
        skipped: [{ model: 'one', reason: 'A_KEY is not set' }],
      },
    });
    expect(models({ kind: 'model', model: 'one' }, { unusable })).toBe('auth_failed');
  });

  it('hands on every time of the retry policy', () => {
    const routing = resolveRoute(
      { target: { kind: 'model', model: 'one' }, chat: asking('hi') },
      config,
      context,
    );
    expect(routing).toMatchObject({
      route: {
        retry: {
          maxAttempts: 3,
          attemptTimeoutMs: 30_000,
          firstTokenTimeoutMs: 15_000,
          idleTimeoutMs: 15_000,
        },
      },
    });
  });
});

it('a candidate has its own limit of the first token, where its model has one', () => {
  const models = { slow: { provider: 'a', firstTokenTimeout: '2m' }, quick: { provider: 'a' } };
  const both = parseConfig(
    { providers: { a: { kind: 'openai' } }, models, chains: { default: ['slow', 'quick'] } },
    'a test',
  );
  const routing = resolveRoute(
    { target: { kind: 'chain', chain: 'default' }, chat: asking('hi') },
    both,
    context,
  );
  expect(routing.ok && routing.route.candidates).toEqual([
    { model: 'slow', provider: 'a', firstTokenTimeoutMs: 120_000 },
    { model: 'quick', provider: 'a' },
  ]);
});

describe('a request that leaves the strategy to Holdfast', () => {
  const auto: CompletionTarget = { kind: 'auto' };

  it('is routed by what the user said last, and the route says which strategy and why', () => {
    const chat: ChatRequest = {
      messages: [
        { role: 'system', content: 'You write stories.' },
        { role: 'user', content: 'Tell me a story' },
        { role: 'assistant', content: 'Once upon a time' },
        { role: 'user', content: [{ type: 'text', text: 'Now review this code' }] },
      ],
    };
    const routing = resolveRoute({ target: auto, chat }, config, context);
    expect(routing).toMatchObject({
      route: {
        requested: 'two',
        candidates: [{ model: 'two' }, { model: 'one' }],
        selected: { strategy: 'coding', because: 'the task mentions "code"' },
      },
    });
  });

  it('with a low budget goes to the cheap strategy, however long it is', () => {
    const long = asking('word '.repeat(80));
    expect(models({ kind: 'auto', budget: 'low' }, {}, long)).toEqual(['three']);
    // Without the budget the rules choose high_quality, which this config does not have.
    expect(models(auto, {}, long)).toBe('bad_request');
  });

  it('names no strategy that was not chosen by rules', () => {
    const routing = resolveRoute(
      { target: { kind: 'strategy', strategy: 'coding' }, chat: asking('a story') },
      config,
      context,
    );
    expect(routing.ok && routing.route.selected).toBeUndefined();
  });
});

describe('a request with a limit on its cost', () => {
  it('has an estimate for each candidate, unknown where the price is', () => {
    const chat = { ...asking('x'.repeat(4_000)), maxTokens: 500 };
    const request = { target: { kind: 'chain', chain: 'default' } as const, chat, maxCostUsd: 0.5 };
    expect(resolveRoute(request, config, context)).toMatchObject({
      route: {
        maxCostUsd: 0.5,
        // 1,000 tokens at 10 and 500 at 20 dollars for a million
        candidates: [
          { model: 'one', estimateUsd: 0.02 },
          { model: 'two', estimateUsd: null },
        ],
      },
    });
    const free = resolveRoute({ target: request.target, chat }, config, context);
    expect(free.ok && free.route.candidates[0]).not.toHaveProperty('estimateUsd');
  });
});
