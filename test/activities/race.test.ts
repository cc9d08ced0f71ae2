import { describe, expect, it } from 'vitest';
import type { ModelAttempt } from '../../activities/model-attempt.js';
import { race, type Contender, type RaceEnding, type RunContender } from '../../activities/race.js';
import { told } from '../../activities/told-race.js';
import type { ChatAnswer } from '../../contracts/chat.js';
import type { FailureKind } from '../../contracts/outcome.js';
import type { Candidate } from '../../contracts/route.js';

const answer = { text: 'yes', finishReason: 'stop' } as ChatAnswer;

function ended(model: string, outcome: 'success' | FailureKind): ModelAttempt {
  return {
    attempts: [{ model, provider: 'a', outcome, startedAt: new Date(0).toISOString(), durationMs: 1 }],
    result:
      outcome === 'success'
        ? { ok: true, answer, notices: [] }
        : { ok: false, failure: { kind: outcome, message: outcome } },
  };
}

const named = (model: string): Candidate => ({ model, provider: 'a' });
const atOnce = (model: string): Contender => ({ candidate: named(model), afterMs: 0 });

/** Calls that end when the test says so, or as cancelled when they are aborted. */
class Calls {
  readonly begun: string[] = [];
  readonly aborted: string[] = [];
  readonly claims = new Map<string, () => boolean>();
  readonly #ends = new Map<string, (made: ModelAttempt) => void>();

  readonly run: RunContender = ({ model }, signal, claim) => {
    this.begun.push(model);
    this.claims.set(model, claim);
    return new Promise((resolve) => {
      this.#ends.set(model, resolve);
      const cut = (): void => {
        this.aborted.push(model);
        resolve(ended(model, 'cancelled'));
      };
      if (signal.aborted) cut();
      else signal.addEventListener('abort', cut, { once: true });
    });
  };

  end(model: string, outcome: 'success' | FailureKind): void {
    this.#ends.get(model)?.(ended(model, outcome));
  }
}

const nobody = new AbortController().signal;

describe('a race of calls', () => {
  it('begins all at once; the first success wins and the calls of all others are aborted', async () => {
    const calls = new Calls();
    const ending = race(['a', 'b', 'c'].map(atOnce), calls.run, nobody);
    expect(calls.begun).toEqual(['a', 'b', 'c']);
    calls.end('b', 'success');
    const { winner, endings } = await ending;
    expect(winner?.model).toBe('b');
    expect(calls.aborted).toEqual(['a', 'c']);
    expect(endings.map(({ made }) => made.attempts[0]?.outcome)).toEqual([
      'cancelled',
      'success',
      'cancelled',
    ]);
  });

  it('goes on when one fails, and has no winner when all do', async () => {
    const calls = new Calls();
    const ending = race(['a', 'b'].map(atOnce), calls.run, nobody);
    calls.end('a', 'server_error');
    calls.end('b', 'timeout');
    expect(await ending).toMatchObject({
      endings: [{ candidate: { model: 'a' } }, { candidate: { model: 'b' } }],
    });
    expect((await ending).winner).toBeUndefined();
    expect(calls.aborted).toEqual([]);
  });

  it('is decided by the first token: whoever comes second may say nothing, even with a whole answer', async () => {
    const calls = new Calls();
    const ending = race(['a', 'b'].map(atOnce), calls.run, nobody);
    expect(calls.claims.get('b')?.()).toBe(true);
    expect(calls.aborted).toEqual(['a']);
    expect(calls.claims.get('a')?.()).toBe(false);
    expect(calls.claims.get('b')?.()).toBe(true);
    calls.end('b', 'truncated');
    expect((await ending).winner?.model).toBe('b');
  });

  it('aborts all when it is cancelled, also before it began', async () => {
    const calls = new Calls();
    const caller = new AbortController();
    const ending = race(['a', 'b'].map(atOnce), calls.run, caller.signal);
    caller.abort();
    expect((await ending).winner).toBeUndefined();
    expect(calls.aborted).toEqual(['a', 'b']);
    await race([atOnce('c')], calls.run, caller.signal);
    expect(calls.aborted).toEqual(['a', 'b', 'c']);
  });
});

describe('who joins later', () => {
  const later = (model: string, mayJoin: () => boolean = () => true): Contender => ({
    ...atOnce(model),
    afterMs: 20,
    mayJoin,
  });

  it('joins when nothing is decided by then', async () => {
    const calls = new Calls();
    const ending = race([atOnce('a'), later('b')], calls.run, nobody);
    expect(calls.begun).toEqual(['a']);
    await expect.poll(() => calls.begun).toEqual(['a', 'b']);
    calls.end('b', 'success');
    expect((await ending).winner?.model).toBe('b');
    expect(calls.aborted).toEqual(['a']);
  });

  it.each([
    ['an answer came', (calls: Calls) => calls.end('a', 'success')],
    ['the others failed', (calls: Calls) => calls.end('a', 'server_error')],
  ])('does not once %s', async (_, decide) => {
    const calls = new Calls();
    let asked = false;
    const ask = (): boolean => (asked = true);
    const ending = race([atOnce('a'), later('b', ask)], calls.run, nobody);
    decide(calls);
    expect((await ending).endings).toHaveLength(1);
    expect([calls.begun, asked]).toEqual([['a'], false]);
  });

  it('does not after a token, although the answer takes its time', async () => {
    const calls = new Calls();
    let asked = false;
    const ending = race([atOnce('a'), later('b', () => (asked = true))], calls.run, nobody);
    calls.claims.get('a')?.();
    await new Promise((resolve) => setTimeout(resolve, 60));
    calls.end('a', 'success');
    expect((await ending).endings).toHaveLength(1);
    expect(asked).toBe(false);
  });

  it('does not when it may not', async () => {
    const calls = new Calls();
    let asked = 0;
    const refuse = (): boolean => {
      asked += 1;
      return false;
    };
    const ending = race([atOnce('a'), later('b', refuse)], calls.run, nobody);
    await expect.poll(() => asked).toBe(1);
    calls.end('a', 'success');
    expect((await ending).endings).toHaveLength(1);
    expect(calls.begun).toEqual(['a']);
  });
});

describe('a race as one attempt', () => {
  const [a, b, c] = [named('a'), named('b'), named('c')];
  const ending = (...outcomes: ('success' | FailureKind)[]): RaceEnding['endings'] =>
    [a, b, c].flatMap((candidate, index) => {
      const outcome = outcomes[index];
      return outcome === undefined ? [] : [{ candidate, made: ended(candidate.model, outcome) }];
    });
  const models = ({ attempts }: ModelAttempt): string[] => attempts.map(({ model }) => model);

  it('has the winner last; the others say who answered', () => {
    const made = told({ endings: ending('cancelled', 'success', 'server_error'), winner: b }, a, 'rival');
    expect(models(made).at(-1)).toBe('b');
    expect(made.attempts.slice(0, -1).map(({ next }) => next)).toEqual([
      { action: 'stop', because: 'b answered first' },
      { action: 'stop', because: 'b answered first' },
    ]);
    expect(made.attempts[0]?.message).toBe('b answered first; this call was ended');
    expect(made.attempts[1]?.message).toBeUndefined();
    expect(made.attempts.map(({ role }) => role)).toEqual(['rival', 'rival', 'rival']);
  });

  it('without a winner has the main one last, or one that was cut off: it decides what follows', () => {
    expect(models(told({ endings: ending('server_error', 'timeout') }, a, 'rival'))).toEqual(['b', 'a']);
    const cut = told({ endings: ending('server_error', 'cancelled') }, a, 'rival');
    expect(models(cut)).toEqual(['a', 'b']);
    expect(cut.result).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
  });

  it('a winner that broke off does not say that it answered', () => {
    const made = told({ endings: ending('cancelled', 'truncated'), winner: b }, a, 'hedge');
    expect(made.attempts[0]?.message).toBe('b began to answer first; this call was ended');
    expect(made.attempts.map(({ role }) => role)).toEqual([undefined, 'hedge']);
  });
});
