import type { Attempt } from '../contracts/attempt.js';
import type { ChatAnswer, ChatRequest } from '../contracts/chat.js';
import type { ModelConfig } from '../config/schema.js';
import { costOf } from '../policy/cost.js';
import { isKeyFailure } from '../policy/outcome-rules.js';
import type { Adaptation, ProviderFailure, ProviderReply } from '../providers/provider.js';
import { checkWindow } from '../providers/window.js';
import type { ActivityDependencies } from './dependencies.js';

export interface ModelAttempt {
  /** Every provider call that was made, in order; more than one when keys rotated or the request was adapted. */
  attempts: Attempt[];
  result: { ok: true; answer: ChatAnswer; notices: string[] } | { ok: false; failure: ProviderFailure };
}

type AttemptDependencies = Pick<ActivityDependencies, 'config' | 'providers' | 'resolveKey' | 'now'>;

/**
 * One attempt on a model: one provider call, repeated at once only with the next key of the pool or with a request
 * adapted as the provider asked. `timeoutMs` bounds all of it.
 */
export async function attemptModel(
  { config, providers, resolveKey, now }: AttemptDependencies,
  model: string,
  request: ChatRequest,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<ModelAttempt> {
  const startedAt = now();
  const attempts: Attempt[] = [];
  const settings = config.models[model];
  const provider = settings && providers.get(settings.provider);
  const endpoint = settings && config.providers[settings.provider];
  if (settings === undefined || provider === undefined || endpoint === undefined) {
    const failure: ProviderFailure = {
      kind: 'misconfigured',
      message: `model ${model} is not in the config of this worker; give all workers the same config`,
    };
    attempts.push(
      record({ model, provider: settings?.provider ?? 'unknown' }, startedAt, now(), { ok: false, failure }),
    );
    return { attempts, result: { ok: false, failure } };
  }

  const { contextWindow, upstreamModel = model } = settings;
  const { kind, baseUrl, keys } = endpoint;
  const check = await checkWindow({ contextWindow, upstreamModel, kind, baseUrl }, request);
  if (!check.fits) {
    const failure: ProviderFailure = { kind: 'context_too_long', message: check.message };
    attempts.push(record({ model, provider: settings.provider }, startedAt, now(), { ok: false, failure }));
    return { attempts, result: { ok: false, failure } };
  }

  const adaptations: Adaptation[] = [];
  const pool = keys.length > 0 ? [...keys] : [undefined];
  for (;;) {
    const reference = pool[0];
    const calledAt = now();
    const key = reference === undefined ? undefined : await resolveKey(reference);
    const reply: ProviderReply =
      key?.ok === false
        ? { ok: false, failure: { kind: 'auth_failed', message: key.reason } }
        : await provider.call({
            upstreamModel,
            request,
            adaptations,
            signal,
            timeoutMs: Math.max(1, timeoutMs - (calledAt - startedAt)),
            ...(contextWindow === undefined ? {} : { contextWindow }),
            ...(key === undefined ? {} : { apiKey: key.key }),
          });
    const attempt = record(
      { model, provider: settings.provider, key: reference },
      calledAt,
      now(),
      reply,
      settings,
    );
    attempts.push(attempt);
    if (reply.ok) {
      const notices = [...adaptations, ...(reply.adapted ?? [])].map((adaptation) =>
        notice(model, adaptation),
      );
      return { attempts, result: { ok: true, answer: reply.answer, notices } };
    }

    const { failure } = reply;
    if (isNew(failure.adaptation, adaptations)) {
      adaptations.push(failure.adaptation);
      attempt.next = { action: 'retry', afterMs: 0, because: 'adapted' };
    } else if (isKeyFailure(failure.kind) && pool.length > 1) {
      pool.shift();
      attempt.next = { action: 'retry', afterMs: 0, because: 'next_key' };
    } else {
      return { attempts, result: { ok: false, failure } };
    }
  }
}

function isNew(adaptation: Adaptation | undefined, made: Adaptation[]): adaptation is Adaptation {
  return adaptation !== undefined && !made.some(({ parameter }) => parameter === adaptation.parameter);
}

function notice(model: string, { parameter, how }: Adaptation): string {
  return `${parameter}: ${adaptationReasons[how](model)}`;
}

const adaptationReasons: Record<Adaptation['how'], (model: string) => string> = {
  dropped: (model) => `${model} does not take it; it was left out`,
  renamed: (model) => `${model} takes it under its newer name only; it was sent so`,
  clamped: (model) => `${model} takes a smaller range; it was brought into it`,
  instructed: (model) => `${model} has no setting for it; it was asked for in words`,
};

function record(
  { model, provider, key }: { model: string; provider: string; key?: string | undefined },
  startedAt: number,
  endedAt: number,
  reply: ProviderReply,
  settings?: ModelConfig,
): Attempt {
  const attempt: Attempt = {
    model,
    provider,
    outcome: reply.ok ? 'success' : reply.failure.kind,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.max(0, Math.round(endedAt - startedAt)),
    ...(key === undefined ? {} : { key }),
  };
  const usage = reply.ok ? reply.answer.usage : reply.failure.usage;
  const spent = {
    ...(usage === undefined ? {} : { usage }),
    ...(usage === undefined && !reply.ok ? {} : { costUsd: costOf(usage, settings?.price) }),
  };
  if (reply.ok) {
    return {
      ...attempt,
      ...spent,
      next: { action: 'answer' },
      ...(reply.requestId === undefined ? {} : { requestId: reply.requestId }),
    };
  }
  const { message, httpStatus, code, retryAfterMs, requestId } = reply.failure;
  return {
    ...attempt,
    ...spent,
    message,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(code === undefined ? {} : { code }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}
