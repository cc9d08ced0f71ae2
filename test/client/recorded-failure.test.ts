import { describe, expect, it } from 'vitest';
import { isCompletionFailure } from '../../client/recorded-failure.js';

const failure = { kind: 'overloaded', message: 'busy', requestedModel: 'gpt-4', attempts: [] };

describe('a recorded failure', () => {
  it.each([
    ['of a failure kind', failure],
    ['of spent keys', { ...failure, kind: 'credentials_exhausted' }],
    ['of everything tried', { ...failure, kind: 'exhausted', retryAfterMs: 5 }],
  ])('%s is taken as it is', (_, value) => {
    expect(isCompletionFailure(value)).toBe(true);
  });

  it.each([
    ['an unknown kind', { ...failure, kind: 'bored' }],
    ['success for a kind', { ...failure, kind: 'success' }],
    ['no kind', { ...failure, kind: undefined }],
    ['a number for a message', { ...failure, message: 5 }],
    ['no list of attempts', { ...failure, attempts: { length: 0 } }],
    ['no requested model', { ...failure, requestedModel: undefined }],
    ['words for a time', { ...failure, retryAfterMs: 'soon' }],
    ['null', null],
    ['a string', 'overloaded'],
  ])('with %s is none of ours', (_, value) => {
    expect(isCompletionFailure(value)).toBe(false);
  });
});
