import type { Trail } from '../contracts/attempt.js';
import type { CallModelInput } from '../contracts/call.js';
import { spentUsd } from '../policy/cost.js';

/** US dollars that this activity has spent. */
export function spentHere({ candidate, budget, hedge }: CallModelInput, attempts: Trail): number {
  const { model } = candidate;
  const main = budget === undefined ? [] : [{ model, estimateUsd: budget.estimateUsd }];
  return spentUsd(attempts, [...main, ...(hedge === undefined ? [] : [hedge.candidate])]);
}

/** Whether a hedge beside the call fits what is left of the budget. */
export function hedgeFits(input: CallModelInput, attempts: Trail): boolean {
  const { budget, hedge } = input;
  if (budget === undefined || hedge === undefined) return true;
  const { estimateUsd } = hedge.candidate;
  const both = budget.estimateUsd + (estimateUsd ?? Infinity);
  return spentHere(input, attempts) + both <= budget.leftUsd;
}
