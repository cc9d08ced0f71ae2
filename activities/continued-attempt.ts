import type { ChatRequest } from '../contracts/chat.js';
import type { ContinuationHow } from '../contracts/continuation.js';
import { howToContinue, refusesPrefill, type ContinuingModel } from '../providers/index.js';
import { attemptModel, type AttemptDependencies, type AttemptLimits } from './attempt-model.js';
import type { AttemptSetup } from './attempt-setup.js';
import { GoingOn } from './going-on.js';
import type { ModelAttempt } from './model-attempt.js';

/**
 * As {@link attemptModel}, and where a stream was cut before, the model is asked to go on from what the client has: by
 * prefill where it takes one, in words where it does not, also when only its refusal tells so.
 */
export async function continuedAttempt(
  dependencies: AttemptDependencies,
  setup: AttemptSetup,
  model: string,
  request: ChatRequest,
  limits: AttemptLimits,
): Promise<ModelAttempt> {
  const upstream = upstreamOf(setup, model);
  if (limits.stream?.cut === undefined || upstream === undefined) {
    return attemptModel(dependencies, setup, model, request, limits);
  }
  const startedAt = dependencies.now();
  const how = howToContinue(upstream);
  const first = await attemptAs(how, limits);
  const failure = first.result.ok ? undefined : first.result.failure;
  if (how === 'instruction' || failure === undefined || !refusesPrefill(failure)) return first;
  const spentMs = dependencies.now() - startedAt;
  const second = await attemptAs('instruction', {
    ...limits,
    timeoutMs: Math.max(1, limits.timeoutMs - spentMs),
  });
  const last = first.attempts.at(-1);
  if (last !== undefined) last.next = { action: 'retry', afterMs: 0, because: 'adapted' };
  return { ...second, attempts: [...first.attempts, ...second.attempts] };

  async function attemptAs(asked: ContinuationHow, within: AttemptLimits): Promise<ModelAttempt> {
    const { stream } = within;
    if (stream?.cut === undefined || upstream === undefined)
      throw new Error('there is nothing to go on from');
    let call = 0;
    const goingOn = await GoingOn.from(stream.cut, model, request, upstream, asked, (delta, continuation) =>
      stream.onDelta(delta, call, continuation),
    );
    const made = await attemptModel(dependencies, setup, model, goingOn.request, {
      ...within,
      signal: AbortSignal.any([within.signal, goingOn.stopped]),
      stream: {
        ...stream,
        onDelta: (delta, number) => {
          call = number;
          goingOn.hear(delta);
        },
      },
    }).finally(() => goingOn.hush());
    return goingOn.conclude(made);
  }
}

function upstreamOf({ config }: AttemptSetup, model: string): ContinuingModel | undefined {
  const settings = config.models[model];
  const endpoint = settings && config.providers[settings.provider];
  if (settings === undefined || endpoint === undefined) return undefined;
  const { upstreamModel = model, traits } = settings;
  return { upstreamModel, kind: endpoint.kind, baseUrl: endpoint.baseUrl, traits };
}
