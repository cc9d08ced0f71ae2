import type { Trail } from '../contracts/attempt.js';
import type { CallModelInput, CallReport } from '../contracts/call.js';
import type { AnswerDelta, ChatRequest } from '../contracts/chat.js';
import type { ContextLifetime } from '../contracts/completion.js';
import type { Continuation, CutStream } from '../contracts/continuation.js';
import type { Candidate } from '../contracts/route.js';
import { firstTokenLimitMs } from '../policy/walk.js';
import { admittedAttempt } from './admitted-attempt.js';
import type { AttemptLimits } from './attempt-model.js';
import type { AttemptSetup } from './attempt-setup.js';
import type { ActivityDependencies } from './dependencies.js';
import { faultOfOurs } from './fault-of-ours.js';
import type { ModelAttempt } from './model-attempt.js';
import { race, type Contender } from './race.js';
import { told as raceAsAttempt } from './told-race.js';
import { ToldText } from './told-text.js';

export interface AttemptTerms {
  setup: AttemptSetup;
  completionId: string;
  /** Temporal's number of this attempt, from 1. */
  attempt: number;
  /** Attempts of this activity before this one. */
  earlier: Trail;
  /** Milliseconds since a probe for this call may have been leased. */
  leaseAgeMs: number;
  /** Milliseconds that this attempt may take, and in which its first token must come. */
  remainingMs: number;
  inTurnMs: number;
  signal: AbortSignal;
  /** The stream that was cut before, from which the model is to go on. */
  cut?: CutStream;
  /** Whether the budget of the completion, if any, has room for a hedge as well. */
  hedgeFits: boolean;
  /** Told of all calls of other models that are in flight, each time one begins or ends. */
  onAlsoCalling: (calls: NonNullable<CallReport['alsoCalling']>) => void;
  context?: ContextLifetime & { ageMs: number };
}

/**
 * One attempt on a candidate: alone, hedged by a second model against a slow answer, or in a race with others. Every
 * provider call that was made is in its attempts; the one that decided stands last.
 */
export async function contendedAttempt(
  dependencies: ActivityDependencies,
  input: CallModelInput,
  terms: AttemptTerms,
): Promise<ModelAttempt> {
  const { candidate, hedge, race: raced } = input;
  const told = new ToldText(terms.cut);
  if (hedge === undefined && raced === undefined) {
    return told.withDelivered(await single(dependencies, input, terms, told, candidate, terms.signal));
  }
  const mayHedge = (second: Candidate): boolean =>
    terms.hedgeFits && dependencies.health.mayHedge(candidate, second);
  const contenders: Contender[] = [
    { candidate, afterMs: 0 },
    ...(raced?.rivals ?? []).map((rival) => ({ candidate: rival, afterMs: 0 })),
    ...(hedge === undefined ? [] : [{ ...hedge, mayJoin: () => mayHedge(hedge.candidate) }]),
  ];
  const role = raced === undefined ? 'hedge' : 'rival';
  const beside = new Map<string, NonNullable<CallReport['alsoCalling']>[number]>();
  const ending = await race(
    contenders,
    async (contender, signal, claim) => {
      const { model, provider } = contender;
      if (contender !== candidate) {
        const startedAt = new Date(dependencies.now()).toISOString();
        beside.set(model, { model, provider, role, startedAt });
        terms.onAlsoCalling([...beside.values()]);
      }
      const made = await single(dependencies, input, terms, told, contender, signal, claim);
      if (beside.delete(model)) terms.onAlsoCalling([...beside.values()]);
      return made;
    },
    terms.signal,
  );
  return told.withDelivered(raceAsAttempt(ending, candidate, role));
}

/** One candidate's part. `claim` is asked at its first token; absent where it has no rivals. */
async function single(
  dependencies: ActivityDependencies,
  input: CallModelInput,
  { setup, completionId, attempt, earlier, leaseAgeMs, remainingMs, inTurnMs, cut, context }: AttemptTerms,
  told: ToldText,
  candidate: Candidate,
  signal: AbortSignal,
  claim?: () => boolean,
): Promise<ModelAttempt> {
  const { model, provider } = candidate;
  const { retry, race: raced, early, lease } = input;
  const isMain = candidate === input.candidate;
  const isHedge = !isMain && raced === undefined;
  const request = raced === undefined ? input.request : shortened(input.request, raced.maxTokens);
  const listener = (delta: AnswerDelta, call: number, continuation?: Continuation): void => {
    if (claim?.() === false) return;
    const heard = dependencies.attendances.of(completionId)?.heard;
    if (heard === undefined) return;
    told.add(delta);
    heard({ model, attempt, call, delta, ...(continuation === undefined ? {} : { continuation }) });
  };
  const startedAt = dependencies.now();
  const limits = limitsOf(input, candidate, { remainingMs, inTurnMs, signal, ...(cut && { cut }) }, listener);
  return admittedAttempt(
    dependencies,
    isMain ? setup : { ...setup, adaptations: [] },
    { completionId, model, provider, attempt, request, original: request },
    limits,
    {
      retry,
      first: !isHedge && !earlier.some((one) => one.model === model && one.outcome !== 'circuit_open'),
      ...(isMain && early === true ? { early } : {}),
      // A lease is for one attempt: it was spent by the first.
      ...(isMain && lease !== undefined && attempt === 1 && leaseAgeMs < lease.expiresInMs
        ? { lease: { ...lease, expiresInMs: lease.expiresInMs - leaseAgeMs } }
        : {}),
    },
    context,
  ).catch((error: unknown) => faultOfOurs(error, candidate, startedAt, dependencies));
}

/** A plain call is bounded as a whole; a stream by its first token and by the silence between tokens. */
function limitsOf(
  { retry, stream, race: raced }: CallModelInput,
  candidate: Candidate,
  { remainingMs, inTurnMs, signal, cut }: Pick<AttemptTerms, 'remainingMs' | 'inTurnMs' | 'signal' | 'cut'>,
  onDelta: NonNullable<AttemptLimits['stream']>['onDelta'],
): AttemptLimits {
  const wholeMs = Math.min(remainingMs, raced?.timeoutMs ?? Infinity);
  if (stream !== true) return { timeoutMs: Math.min(retry.attemptTimeoutMs, wholeMs), signal };
  const firstTokenTimeoutMs = Math.min(firstTokenLimitMs(candidate, retry), inTurnMs);
  const { idleTimeoutMs } = retry;
  const cutBefore = cut === undefined ? {} : { cut };
  return {
    timeoutMs: wholeMs,
    signal,
    stream: { firstTokenTimeoutMs, idleTimeoutMs, onDelta, ...cutBefore },
  };
}

function shortened(request: ChatRequest, maxTokens = Infinity): ChatRequest {
  const most = Math.min(request.maxTokens ?? Infinity, maxTokens);
  return most === Infinity ? request : { ...request, maxTokens: most };
}
