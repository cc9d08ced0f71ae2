/**
 * The neutral form of a chat: what callers send and what providers answer, whatever the wire format.
 * JSON-safe, since it crosses Temporal as a payload.
 */

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What may be asked of a model besides the messages. Absent means: the provider's default. */
export interface ChatParameters {
  /** Most tokens the model may write. */
  maxTokens?: number;
  /** 0 to 2 in OpenAI's scale; Anthropic takes 0 to 1. */
  temperature?: number;
  topP?: number;
  stop?: string[];
}

export interface ChatRequest extends ChatParameters {
  messages: ChatMessage[];
}

/** Tokens as the provider counted them. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  /** Part of `inputTokens` that the provider read from its cache. */
  cachedInputTokens?: number;
  /** Part of `outputTokens` spent on reasoning. */
  reasoningTokens?: number;
}

/**
 * Why the model stopped, in neutral words. `other` keeps an unknown reason from failing a whole answer;
 * the provider's own word is in {@link ChatAnswer.providerFinishReason}.
 */
export type FinishReason = 'stop' | 'length' | 'refusal' | 'pause' | 'context' | 'other';

/** A whole answer of a model. */
export interface ChatAnswer {
  /** The text; empty only where the model legitimately said nothing (a refusal, `length` used up by reasoning). */
  text: string;
  finishReason: FinishReason;
  providerFinishReason: string;
  /** Absent when the provider did not say: then neither tokens nor cost are known, which is not the same as none. */
  usage?: Usage;
  /** The model declined: an answer, not an outage. The text then holds the refusal, if there was one. */
  refused?: true;
  /** The answer ends early, and why. */
  incomplete?: 'length' | 'pause' | 'context';
  /** The provider's id for this response. */
  responseId?: string;
  /** The exact model that answered, in the provider's words (`gpt-4-0613`). */
  upstreamModel?: string;
}
