import type { Attempt } from '../contracts/attempt.js';
import type { AnswerDelta, ChatRequest } from '../contracts/chat.js';
import { isKeyFailure } from '../policy/outcome-rules.js';
import type { Adaptation, ProviderFailure, ProviderReply, StreamLimits } from '../providers/provider.js';
import { checkWindow } from '../providers/window.js';
import { recordOf, type CallFacts } from './attempt-record.js';
import type { AttemptSetup } from './attempt-setup.js';
import type { ActivityDependencies } from './dependencies.js';
import { KeyPool } from './key-pool.js';
import type { ModelAttempt } from './model-attempt.js';

/** How long an attempt may take, and what ends it. */
export interface AttemptLimits {
  /** Bounds all provider calls of the attempt. */
  timeoutMs: number;
  signal: AbortSignal;
  /** Told of each provider call of the attempt. */
  calls?: { began: () => void; answering: () => void; ended: (attempt: Attempt) => void };
  /** Present: answers are asked for as streams. `call` counts the provider calls of the attempt, from 0. */
  stream?: Omit<StreamLimits, 'onDelta'> & { onDelta: (delta: AnswerDelta, call: number) => void };
}

type AttemptDependencies = Pick<ActivityDependencies, 'resolveKey' | 'now' | 'health'>;

/**
 * One attempt on a model: one provider call, repeated at once only with the next key of the pool or with a request
 * adapted as the provider asked.
 */
export async function attemptModel(
  { resolveKey, now, health }: AttemptDependencies,
  { config, configHash, providers, standsInFor, adaptations: known }: AttemptSetup,
  model: string,
  request: ChatRequest,
  { timeoutMs, signal, stream, calls }: AttemptLimits,
): Promise<ModelAttempt> {
  const startedAt = now();
  const settings = config.models[model];
  const provider = settings && providers.get(settings.provider);
  const endpoint = settings && config.providers[settings.provider];
  if (settings === undefined || provider === undefined || endpoint === undefined) {
    const message =
      standsInFor === undefined
        ? `model ${model} is not in the config of this worker; give all workers the same config`
        : `the config changed from ${standsInFor} to ${configHash} since the completion began, or this worker has another one, and model ${model} is not in it`;
    return withoutCall(
      { model, provider: settings?.provider ?? 'unknown', startedAt, endedAt: now() },
      {
        kind: 'misconfigured',
        message,
      },
    );
  }
  const { contextWindow, upstreamModel = model, price, traits, provider: name } = settings;
  const { kind, baseUrl, keys } = endpoint;
  const check = await checkWindow(
    { contextWindow, upstreamModel, kind, baseUrl, cutsSilently: traits?.cutsSilently },
    request,
  );
  if (!check.fits) {
    const failure = { kind: 'context_too_long', message: check.message } as const;
    return withoutCall({ model, provider: name, startedAt, endedAt: now() }, failure);
  }

  const attempts: Attempt[] = [];
  // A hook may have taken out by now what was refused before.
  const adaptations = known.filter(({ parameter }) => request[parameter] !== undefined);
  const pool = new KeyPool(keys, { resolveKey, health, provider: name, model });
  let key = await pool.next();
  if (key === undefined) {
    return withoutCall({ model, provider: name, startedAt, endedAt: now() }, pool.failure);
  }
  if (signal.aborted) {
    const failure = { kind: 'cancelled', message: 'cancelled before the call' } as const;
    return withoutCall({ model, provider: name, startedAt, endedAt: now() }, failure);
  }
  for (;;) {
    const calledAt = now();
    const call = attempts.length;
    const unreadable = 'unreadable' in key ? key.unreadable : undefined;
    calls?.began();
    const reply: ProviderReply =
      unreadable === undefined
        ? await provider.call({
            upstreamModel,
            request,
            adaptations,
            signal,
            timeoutMs: Math.max(1, timeoutMs - (calledAt - startedAt)),
            ...(traits === undefined ? {} : { traits }),
            ...(stream === undefined
              ? {}
              : {
                  stream: {
                    ...stream,
                    onDelta: (delta) => {
                      calls?.answering();
                      stream.onDelta(delta, call);
                    },
                  },
                }),
            ...(contextWindow === undefined ? {} : { contextWindow }),
            ...('use' in key ? { apiKey: key.use.key } : {}),
          })
        : { ok: false, failure: { kind: 'auth_failed', message: unreadable } };
    const facts = { model, provider: name, key: key.reference, startedAt: calledAt, endedAt: now(), price };
    const attempt = recordOf(facts, reply);
    attempts.push(attempt);
    calls?.ended(attempt);
    if (reply.ok) {
      const made = [...adaptations, ...(reply.adapted ?? [])];
      if (made.length > 0) attempt.adapted = made;
      const notices = made.map((adaptation) => notice(model, adaptation));
      return { attempts, adaptations, result: { ok: true, answer: reply.answer, notices } };
    }

    const { failure } = reply;
    const end: ModelAttempt = { attempts, adaptations, result: { ok: false, failure } };
    if (isNew(failure.adaptation, adaptations) && request[failure.adaptation.parameter] !== undefined) {
      adaptations.push(failure.adaptation);
      attempt.next = { action: 'retry', afterMs: 0, because: 'adapted' };
      continue;
    }
    if (!isKeyFailure(failure.kind)) return end;
    if ('use' in key) health.keyRefused(key.use, attempt);
    key = await pool.next();
    if (key === undefined) {
      const aside = pool.setAside === undefined ? '' : ` Not tried, since set aside: ${pool.setAside}.`;
      attempt.message = `${failure.message}${aside}`;
      return end;
    }
    attempt.next = { action: 'retry', afterMs: 0, because: 'next_key' };
  }
}

/** An attempt that was over before any provider was called. */
export function withoutCall(facts: CallFacts, failure: ProviderFailure): ModelAttempt {
  return { attempts: [recordOf(facts, { ok: false, failure })], result: { ok: false, failure } };
}

function isNew(adaptation: Adaptation | undefined, made: Adaptation[]): adaptation is Adaptation {
  return (
    adaptation !== undefined &&
    !made.some(({ parameter, detail }) => parameter === adaptation.parameter && detail === adaptation.detail)
  );
}

function notice(model: string, { parameter, how, detail }: Adaptation): string {
  const what = detail === undefined ? parameter : `${parameter} (${detail})`;
  return `${what}: ${adaptationReasons[how](model)}`;
}

const adaptationReasons: Record<Adaptation['how'], (model: string) => string> = {
  dropped: (model) => `${model} does not take it; it was left out`,
  renamed: (model) => `${model} takes it under its newer name only; it was sent so`,
  clamped: (model) => `${model} takes a smaller range; it was brought into it`,
  mapped: (model) => `${model} has no field for it; it was sent as the nearest thing that it takes`,
};
