/** Names of Holdfast's search attributes and their Temporal types, for registering and for writing them. */
export const searchAttributeTypes = {
  HoldfastModel: 'Keyword',
  HoldfastOutcome: 'Keyword',
  HoldfastStrategy: 'Keyword',
  HoldfastAttempts: 'Int',
  HoldfastBreaker: 'Keyword',
} as const;
