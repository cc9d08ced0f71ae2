import { textOf, type ChatMessage, type ChatRequest } from '../contracts/chat.js';
import type { ContinuationHow } from '../contracts/continuation.js';
import type { Traits } from '../wire/traits.js';
import type { ProviderFailure } from './provider.js';
import { countTokens } from './token-count.js';
import { encodingOf, type WindowModel } from './window.js';

/** The model that is asked to go on. */
export interface ContinuingModel extends Pick<WindowModel, 'upstreamModel' | 'kind' | 'baseUrl'> {
  traits?: Traits | undefined;
}

/** A request to go on from a text, and how it asks. */
export interface ContinuationRequest {
  request: ChatRequest;
  how: ContinuationHow;
}

/**
 * How a model is asked to go on first. A prefill is better where it is taken: the model cannot know that there was a cut.
 * Where it is refused all the same ({@link refusesPrefill}), it is asked again in words.
 */
export function howToContinue({ kind, traits }: Pick<ContinuingModel, 'kind' | 'traits'>): ContinuationHow {
  const prefill = traits?.prefill ?? (kind === 'anthropic' ? 'taken' : 'refused');
  return prefill === 'taken' ? 'prefill' : 'instruction';
}

/**
 * The request that asks a model to go on from what was delivered. The token limit is what is left of the caller's, by our
 * own count of the text; stop sequences and everything else stay.
 * @param delivered What `mayContinue` has let pass: never white space alone.
 */
export async function continuationRequest(
  request: ChatRequest,
  delivered: string,
  model: ContinuingModel,
  how: ContinuationHow,
): Promise<ContinuationRequest> {
  const { messages, maxTokens } = request;
  // Anthropic refuses white space at the end of a prefill, and others write it once more.
  const said = how === 'prefill' ? delivered.trimEnd() : delivered;
  const continued = withSaid(messages, said);
  return {
    request: {
      ...request,
      messages: how === 'prefill' ? continued : [...continued, { role: 'user', content: instruction }],
      ...(maxTokens === undefined ? {} : { maxTokens: await left(maxTokens, delivered, model) }),
    },
    how,
  };
}

/**
 * True for the refusal of a prefill; the same model takes the request in words. Vendors say so in many ways (the last
 * words are Mistral's and Google's), and as an error of the request.
 */
export function refusesPrefill({ kind, message }: ProviderFailure): boolean {
  if (kind !== 'unsupported_by_model' && kind !== 'bad_request') return false;
  return /\bpre-?fill|must end with a user|final assistant message|final `assistant` message|last (?:message )?role|last message (?:must|should|cannot|has to)|requests? (?:must )?ends? with a user|with prefix true/i.test(
    message,
  );
}

/** What a model is told that was asked to go on in words. */
export const instruction =
  'Your last message was cut off by a technical fault. Continue it: write only what comes next, beginning with the very next ' +
  'character after its end (a blank, if a new word begins; the rest of the word, if it ended within one). Repeat nothing of ' +
  'it, do not comment, do not apologise, do not begin anew, and keep its language and form.';

/** The conversation with what was said at its end; a beginning that the caller itself gave to the answer stays one with it. */
function withSaid(messages: readonly ChatMessage[], said: string): ChatMessage[] {
  const last = messages.at(-1);
  if (last?.role !== 'assistant' || (last.toolCalls ?? []).length > 0) {
    return [...messages, { role: 'assistant', content: said }];
  }
  return [...messages.slice(0, -1), { ...last, content: textOf(last.content) + said }];
}

async function left(maxTokens: number, delivered: string, model: ContinuingModel): Promise<number> {
  let tokens = maxTokens;
  for await (const piece of countTokens(encodingOf(model) ?? 'o200k_base', delivered)) {
    tokens -= piece.tokens;
    if (tokens <= 1) return 1;
  }
  return tokens;
}
