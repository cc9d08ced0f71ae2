import fc from 'fast-check';
import type { ChatRequest } from '../../contracts/chat.js';
import type { Adaptation } from '../../wire/adaptation.js';

const anyMessage = fc.record({
  role: fc.constantFrom('system', 'user', 'assistant'),
  content: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', ' ', '\n')),
});

/** Any request that a caller may make. */
export const anyRequest: fc.Arbitrary<ChatRequest> = fc.record(
  {
    messages: fc.array(anyMessage, { minLength: 1, maxLength: 8 }),
    maxTokens: fc.integer({ min: 1, max: 200_000 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    stop: fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }),
  },
  { requiredKeys: ['messages'] },
);

/** Any set of changes that a model may be known to need. */
export const anyAdaptations: fc.Arbitrary<Adaptation[]> = fc.array(
  fc.record({
    parameter: fc.constantFrom('maxTokens', 'temperature', 'topP', 'stop'),
    how: fc.constantFrom('renamed', 'dropped', 'clamped'),
  }),
  { maxLength: 4 },
);
