import type { FailureKind } from '../contracts/outcome.js';

/** What follows a failure, as the table in docs/failure-kinds.md says it. */
export interface OutcomeRule {
  /**
   * May the same model be called again? `backoff`: yes, after a delay. `once`: one more time.
   * `another_worker`: at once, elsewhere, and the loss is not one of the model's attempts. `never`: no.
   */
  sameModel: 'backoff' | 'once' | 'another_worker' | 'never';
  /** May another model be called? `larger_window`: only one that holds more tokens. */
  otherModel: 'yes' | 'larger_window' | 'no';
}

const again = { sameModel: 'backoff', otherModel: 'yes' } as const;
const onceMore = { sameModel: 'once', otherModel: 'yes' } as const;
const onlyAnother = { sameModel: 'never', otherModel: 'yes' } as const;
const end = { sameModel: 'never', otherModel: 'no' } as const;

export const outcomeRules: Readonly<Record<FailureKind, OutcomeRule>> = {
  rate_limited: again,
  overloaded: again,
  server_error: again,
  timeout: again,
  connection: again,
  stalled: onlyAnother,
  truncated: onlyAnother,
  malformed: onceMore,
  empty: onceMore,
  worker_lost: { sameModel: 'another_worker', otherModel: 'yes' },
  quota_exhausted: onlyAnother,
  auth_failed: onlyAnother,
  model_not_found: onlyAnother,
  misconfigured: onlyAnother,
  context_too_long: { sameModel: 'never', otherModel: 'larger_window' },
  payload_too_large: onlyAnother,
  unsupported_by_model: onlyAnother,
  content_filtered: end,
  bad_request: end,
  circuit_open: onlyAnother,
  // Whether the next one is cheap enough is asked anew of each.
  budget_exceeded: onlyAnother,
  cancelled: end,
  deadline_exceeded: end,
  internal_error: onlyAnother,
  vetoed: onlyAnother,
};

/** Failures of the key rather than of the model: the next key of the pool may do better. */
export function isKeyFailure(kind: FailureKind): boolean {
  return kind === 'auth_failed' || kind === 'quota_exhausted';
}
