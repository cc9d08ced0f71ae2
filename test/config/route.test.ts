import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.js';
import { resolveRoute, type RouteContext } from '../../config/route.js';
import type { CompletionTarget } from '../../contracts/completion.js';

const config = parseConfig(
  {
    providers: { a: { kind: 'openai' }, b: { kind: 'anthropic' } },
    models: {
      one: { provider: 'a', contextWindow: 1_000 },
      two: { provider: 'b' },
      three: { provider: 'a' },
    },
    chains: { default: ['one', 'two'], twice: ['one', 'two', 'one'] },
    strategies: { coding: ['two', 'one'] },
  },
  'a test',
);
const context: RouteContext = { configHash: 'abc', searchAttributes: true, unusable: () => undefined };

function models(target: CompletionTarget, changes: Partial<RouteContext> = {}): string[] | string {
  const routing = resolveRoute(target, config, { ...context, ...changes });
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
    const routing = resolveRoute(target, config, context);
    expect(routing).toMatchObject({ ok: false, refusal: { kind: 'bad_request' } });
    expect(routing.ok ? '' : routing.refusal.message).toMatch(/the config has: \w/);
  });

  it('skips models whose provider has no key here, and says why', () => {
    const unusable = (provider: string): string | undefined =>
      provider === 'a' ? 'A_KEY is not set' : undefined;
    expect(resolveRoute({ kind: 'chain', chain: 'default' }, config, { ...context, unusable })).toMatchObject(
      {
        ok: true,
        route: {
          requested: 'one',
          candidates: [{ model: 'two' }],
          skipped: [{ model: 'one', reason: 'A_KEY is not set' }],
        },
      },
    );
    expect(models({ kind: 'model', model: 'one' }, { unusable })).toBe('auth_failed');
  });
});
