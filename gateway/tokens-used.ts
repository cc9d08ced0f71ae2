import { CompletionFailedError } from '../client/errors.js';
import { totalUsage } from '../policy/cost.js';
import type { ConnectedCompletion } from './connected-completion.js';
import type { ConnectedRequest } from './connected-completions.js';

/** Of texts in most languages, at most. */
const charactersPerToken = 4;

/**
 * The tokens that a completion used over all attempts, answered or not. Where its client left, or an answer broke off,
 * no provider tells: then they are estimated by the length of what was asked and told.
 */
export async function tokensUsed(
  { result, live }: Pick<ConnectedCompletion, 'result' | 'live'>,
  { messages }: Pick<ConnectedRequest, 'messages'>,
): Promise<number> {
  const estimate = (): number =>
    Math.ceil((JSON.stringify(messages).length + live.characters) / charactersPerToken);
  try {
    const { usage } = await result;
    return usage.inputTokens + usage.outputTokens;
  } catch (error) {
    const attempts = error instanceof CompletionFailedError ? error.attempts : [];
    const { inputTokens, outputTokens } = totalUsage(attempts);
    const told = inputTokens + outputTokens;
    return told > 0 || live.characters === 0 ? told : estimate();
  }
}
