import type { Trail } from '../contracts/attempt.js';
import type { CallModelInput } from '../contracts/call.js';
import type { CompletionInput } from '../contracts/completion.js';
import type { Route } from '../contracts/route.js';
import { spentUsd } from './cost.js';
import type { WalkStep } from './walk.js';

export type CallStep = Extract<WalkStep, { action: 'call' }>;

/**
 * What `callModel` is given for a step of the walk: the same for the workflow that schedules it and for a process that
 * begins the first call ahead of it.
 * @param ageMs Milliseconds since the completion began.
 */
export function callInput(
  { retry, maxCostUsd, candidates, configHash, concurrent, hedge: hedging, onStreamCut }: Route,
  { chat, stream = false, context }: Pick<CompletionInput, 'chat' | 'stream' | 'context'>,
  { candidate, allowedMs, hasAlternative, early, lease, rivals, hedge }: CallStep,
  trail: Trail,
  ageMs: number,
): CallModelInput {
  const { estimateUsd } = candidate;
  return {
    candidate,
    configHash,
    request: chat,
    retry,
    hasAlternative,
    ...(early === undefined ? {} : { early }),
    ...(lease === undefined ? {} : { lease }),
    ...(rivals === undefined ? {} : { race: { ...concurrent, rivals } }),
    ...(hedge === undefined || hedging === undefined ? {} : { hedge: { ...hedging, candidate: hedge } }),
    ...(stream ? { stream, turnMs: allowedMs } : {}),
    ...(stream && onStreamCut !== undefined ? { onStreamCut } : {}),
    ...(maxCostUsd === undefined || typeof estimateUsd !== 'number'
      ? {}
      : { budget: { leftUsd: maxCostUsd - spentUsd(trail, candidates), estimateUsd } }),
    ...(context === undefined ? {} : { context: { ...context, ageMs } }),
  };
}
