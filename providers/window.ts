import { textOf, type ChatRequest } from '../contracts/chat.js';
import { isOpenAIItself } from './openai.js';
import { countTokens, type Encoding } from './token-count.js';

/** What has to be known of a model to tell whether a request fits into it. */
export interface WindowModel {
  /** Tokens that it can hold, question and answer together; unknown: everything fits. */
  contextWindow?: number | undefined;
  /** The model in the provider's words (`gpt-4-0613`). */
  upstreamModel: string;
  kind: 'openai' | 'anthropic';
  /** Absent: the vendor's own. Behind another address, OpenAI's names may stand for other models. */
  baseUrl?: string | undefined;
  /** Nobody else will say that a request does not fit: then the estimate has no margin, and the answer counts. */
  cutsSilently?: boolean | undefined;
}

export type WindowCheck =
  | { fits: true }
  | {
      fits: false;
      /** Of the question and, for an exact count, of `maxTokens`: at least so many, for counting ends where it is clear. */
      tokens: number;
      window: number;
      /** Counted as the model itself does; else estimated, and above the window by more than a quarter unless it cuts in silence. */
      exact: boolean;
      /** For people: what was counted and what to do. */
      message: string;
    };

/** How far an estimate must be above the window: other vendors' tokenizers may need fewer tokens than OpenAI's. */
const estimateMargin = 1.25;

/** Tokens around each message, and before the answer, in OpenAI's chat format. */
const tokensPerMessage = 4;
const tokensBeforeAnswer = 3;

/**
 * Tells whether a request fits into a model's window, before it is paid for. In doubt it fits: the provider will say.
 * Counting is done only where the bytes exceed the window, since no token is shorter than a byte.
 */
export async function checkWindow(model: WindowModel, request: ChatRequest): Promise<WindowCheck> {
  const { contextWindow: window } = model;
  if (window === undefined) return { fits: true };
  const { messages, maxTokens = 0 } = request;
  const framing = tokensBeforeAnswer + tokensPerMessage * messages.length;
  const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(textOf(content)), framing);
  if (bytes + maxTokens <= window) return { fits: true };

  const encoding = encodingOf(model);
  let exact = encoding !== undefined;
  let tokens = framing;
  // Some vendors shorten the answer to what is left; an estimate therefore leaves it out.
  const strict = (): boolean => exact || model.cutsSilently === true;
  const exceeds = (): boolean => (strict() ? tokens + maxTokens > window : tokens > window * estimateMargin);
  const verdict = (): WindowCheck => {
    const all = strict() ? tokens + maxTokens : tokens;
    return { fits: false, tokens: all, window, exact, message: explain(all, window, exact) };
  };
  if (exceeds()) return verdict();
  for (const { content } of messages) {
    for await (const piece of countTokens(encoding ?? 'o200k_base', textOf(content))) {
      tokens += piece.tokens;
      exact &&= piece.exact;
      if (exceeds()) return verdict();
    }
  }
  return { fits: true };
}

/** The encoding of OpenAI's own models; undefined for those that nobody published one of. */
export function encodingOf({
  upstreamModel,
  kind,
  baseUrl,
}: Pick<WindowModel, 'upstreamModel' | 'kind' | 'baseUrl'>): Encoding | undefined {
  if (kind !== 'openai' || (baseUrl !== undefined && !isOpenAIItself(baseUrl))) return undefined;
  const name = upstreamModel.replace(/^ft:/, '');
  if (/^(?:gpt-4o|gpt-4\.[15]|gpt-5|chatgpt-4o|o[134](?:-|$))/.test(name)) return 'o200k_base';
  return /^gpt-(?:4(?:-|$)|3\.5-)/.test(name) ? 'cl100k_base' : undefined;
}

function explain(tokens: number, window: number, exact: boolean): string {
  const counted = exact
    ? `Question and answer need at least ${tokens} tokens`
    : `The question has at least ${tokens} tokens by an estimate`;
  return `${counted}, and the model holds ${window}. Shorten the conversation, or use a model with a larger window.`;
}
