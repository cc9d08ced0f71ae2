import { CompletionFailedError, type Trail } from '../../client/index.js';
import type { ChatAnswer } from '../../contracts/chat.js';
import type { ProviderFailure, ProviderReply } from '../../providers/index.js';

export function outcomes(trail: Trail): string[] {
  return trail.map(({ outcome }) => outcome);
}

/** The typed failure that a completion ends in; anything else fails the test. */
export async function failed(completion: Promise<unknown>): Promise<CompletionFailedError> {
  const error: unknown = await completion.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  if (error instanceof CompletionFailedError) return error;
  throw error;
}

export function failureIn(reply: ProviderReply): ProviderFailure {
  if (reply.ok) throw new Error('expected a failure');
  return reply.failure;
}

export function answerIn(reply: ProviderReply): ChatAnswer {
  if (!reply.ok) throw new Error(`expected an answer, not ${reply.failure.kind}`);
  return reply.answer;
}
