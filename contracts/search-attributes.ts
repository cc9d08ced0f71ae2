/** Holdfast's search attributes, by what they hold. */
export const searchAttributes = {
  /** Models of the completion: asked for by name, or that answered or failed last. */
  model: 'HoldfastModel',
  /** `success` or the kind of the failure; a finished completion without it was answered at the first try. */
  outcome: 'HoldfastOutcome',
  strategy: 'HoldfastStrategy',
  attempts: 'HoldfastAttempts',
  breaker: 'HoldfastBreaker',
} as const;

/** Their Temporal types, for registering them. */
export const searchAttributeTypes = {
  [searchAttributes.model]: 'Keyword',
  [searchAttributes.outcome]: 'Keyword',
  [searchAttributes.strategy]: 'Keyword',
  [searchAttributes.attempts]: 'Int',
  [searchAttributes.breaker]: 'Keyword',
} as const;
