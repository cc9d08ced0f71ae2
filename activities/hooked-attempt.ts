import type { ChatAnswer } from '../contracts/chat.js';
import type { ContextLifetime } from '../contracts/completion.js';
import type { AttemptEnding, HookedAttempt } from '../contracts/hooks.js';
import { deltasOf, guardedListener } from '../providers/stream-listener.js';
import { withoutCall, type AttemptLimits } from './attempt-model.js';
import { continuedAttempt } from './continued-attempt.js';
import type { ModelAttempt } from './model-attempt.js';
import type { CallFacts } from './attempt-record.js';
import { standInNote, type AttemptSetup } from './attempt-setup.js';
import type { ActivityDependencies } from './dependencies.js';
import { afterAttempt, beforeAttempt, refreshContext } from './hooks/attempt-hooks.js';
import { inTime as withinTime } from './hooks/in-time.js';

/** Part of an attempt's time that hooks which run after it may count on. */
const shareForHooks = 0.1;

/**
 * One attempt with the config's hooks around it: what they veto ends as `vetoed`, what they change is what is sent or
 * recorded, and what they note stands with the attempt. With hooks that run after it, whoever listens to a stream hears
 * the answer once it passed them, as they left it.
 */
export async function hookedAttempt(
  dependencies: Pick<ActivityDependencies, 'resolveKey' | 'now' | 'health'>,
  setup: AttemptSetup,
  attempt: HookedAttempt,
  limits: AttemptLimits,
  context?: ContextLifetime & { ageMs: number },
): Promise<ModelAttempt> {
  const { hooks } = setup;
  const { now } = dependencies;
  const { model, provider } = attempt;
  const startedAt = now();
  const leftMs = (): number => Math.max(1, limits.timeoutMs - (now() - startedAt));

  const inTime = <Value>(act: (signal: AbortSignal) => Promise<Value>): Promise<Value> =>
    withinTime(Math.ceil(leftMs()), limits.signal, act);
  const facts = (): CallFacts => ({ model, provider, startedAt, endedAt: now() });

  const fresh = await inTime((signal) => refreshContext(hooks.refreshContext, attempt, context, signal));
  const before =
    fresh.veto === undefined
      ? await inTime((signal) =>
          beforeAttempt(hooks.beforeAttempt, { ...attempt, request: fresh.thing }, signal),
        )
      : fresh;
  const notes = [...standInNote(setup), ...fresh.notes, ...(before === fresh ? [] : before.notes)];
  // Whoever was cancelled or ran out of time vetoed nothing.
  if (limits.signal.aborted) return withoutCall(facts(), { kind: 'cancelled', message: 'cancelled' });
  if (now() - startedAt >= limits.timeoutMs) {
    const message = 'the hooks before the call took all of its time; no call was made';
    return noted(withoutCall(facts(), { kind: 'timeout', message }), notes);
  }
  if (before.veto !== undefined) {
    const failure = { kind: 'vetoed', message: before.veto } as const;
    return noted(withoutCall(facts(), failure), notes);
  }

  const request = before.thing;
  const forHooks = hooks.afterAttempt.length === 0 ? 0 : limits.timeoutMs * shareForHooks;
  const timeoutMs = Math.max(1, leftMs() - forHooks);
  if (hooks.afterAttempt.length === 0) {
    return noted(
      await continuedAttempt(dependencies, setup, model, request, { ...limits, timeoutMs }),
      notes,
    );
  }
  const made = await continuedAttempt(dependencies, setup, model, request, { ...unheard(limits), timeoutMs });

  const { result } = made;
  const ending: AttemptEnding = result.ok
    ? { ok: true, answer: result.answer }
    : { ok: false, kind: result.failure.kind, message: result.failure.message };
  const after = await inTime((signal) =>
    afterAttempt(hooks.afterAttempt, { ...attempt, request, ending }, signal),
  );
  notes.push(...after.notes);
  if (!result.ok) return noted(made, notes);
  if (after.veto === undefined) {
    const answer = after.thing ?? result.answer;
    tell(answer, made.attempts.length - 1, limits);
    return noted({ ...made, result: { ...result, answer } }, notes);
  }
  const last = made.attempts.at(-1);
  if (last !== undefined) Object.assign(last, { outcome: 'vetoed', message: after.veto });
  const failure = { kind: 'vetoed', message: after.veto } as const;
  return noted({ ...made, result: { ok: false, failure } }, notes);
}

/** Whoever listens must not hear what hooks have yet to redact or to veto. */
function unheard({ stream, ...limits }: AttemptLimits): AttemptLimits {
  return stream === undefined ? limits : { ...limits, stream: { ...stream, onDelta: () => undefined } };
}

/** The answer that is recorded, to those who listen, as if it had just come. */
function tell(answer: ChatAnswer, call: number, { stream }: AttemptLimits): void {
  if (stream === undefined) return;
  deltasOf(answer).forEach(guardedListener((delta) => stream.onDelta(delta, call)));
}

function noted(made: ModelAttempt, notes: string[]): ModelAttempt {
  const last = made.attempts.at(-1);
  if (last !== undefined && notes.length > 0) last.notes = [...(last.notes ?? []), ...notes];
  return made;
}
