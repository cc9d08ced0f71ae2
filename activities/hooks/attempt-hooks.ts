import type { ChatAnswer, ChatRequest } from '../../contracts/chat.js';
import type {
  AfterAttemptVerdict,
  AttemptEnding,
  BeforeAttemptVerdict,
  HookedAttempt,
} from '../../contracts/hooks.js';
import type { Hooks } from './load-hooks.js';
import { runHook, type HookRun, type LoadedHook } from './run-hook.js';

/** What the hooks made of something: the thing, as they left it, or why it may not be. */
export type Hooked<Thing> = { thing: Thing; veto?: string; notes: string[] };

/** Runs the hooks of the config before an attempt, each on what the one before it left. */
export async function beforeAttempt(
  hooks: Hooks['beforeAttempt'],
  attempt: HookedAttempt,
  signal: AbortSignal,
): Promise<Hooked<ChatRequest>> {
  return runAll(hooks, attempt.request, (hook, request) =>
    runHook<BeforeAttemptVerdict | undefined>(
      hook,
      (limit) => hook.run({ ...attempt, request }, { signal: limit }),
      signal,
    ).then((run) => told(run, run.ok ? run.value?.request : undefined)),
  );
}

/** Runs the hooks of the config after an attempt. Of a failure only notes can be kept. */
export async function afterAttempt(
  hooks: Hooks['afterAttempt'],
  attempt: HookedAttempt & { ending: AttemptEnding },
  signal: AbortSignal,
): Promise<Hooked<ChatAnswer | undefined>> {
  const answer = attempt.ending.ok ? attempt.ending.answer : undefined;
  const hooked = await runAll(hooks, answer, (hook, current) => {
    const ending = current === undefined ? attempt.ending : { ok: true as const, answer: current };
    return runHook<AfterAttemptVerdict | undefined>(
      hook,
      (limit) => hook.run({ ...attempt, ending }, { signal: limit }),
      signal,
    ).then((run) => told(run, run.ok && current !== undefined ? run.value?.answer : undefined));
  });
  if (answer !== undefined) return hooked;
  return { thing: undefined, notes: hooked.notes };
}

interface Told<Thing> {
  failed?: string;
  thing?: Thing | undefined;
  veto?: string | undefined;
  note?: string | undefined;
}

function told<Thing>(
  run: HookRun<{ veto?: string; note?: string } | undefined>,
  thing: Thing | undefined,
): Told<Thing> {
  if (!run.ok) return { failed: run.reason };
  return { thing, veto: run.value?.veto, note: run.value?.note };
}

async function runAll<Hook, Thing>(
  hooks: LoadedHook<Hook>[],
  given: Thing,
  call: (hook: LoadedHook<Hook>, thing: Thing) => Promise<Told<Thing>>,
): Promise<Hooked<Thing>> {
  let thing = given;
  const notes: string[] = [];
  for (const hook of hooks) {
    const { failed, thing: changed, veto, note } = await call(hook, thing);
    if (failed !== undefined) {
      if (hook.required) return { thing, notes, veto: `${failed}, and the config requires it` };
      notes.push(failed);
      continue;
    }
    if (note !== undefined) notes.push(note);
    if (veto !== undefined) return { thing, notes, veto: `hook ${hook.name}: ${veto}` };
    if (changed !== undefined) thing = changed;
  }
  return { thing, notes };
}
