import type { ChatParameters } from '../contracts/chat.js';

/** Things without which a request is no longer what was asked: a model that lacks them is not called. */
export const abilities = [
  'tools',
  /** To be made to call a tool, any or a certain one. */
  'forced_tool_choice',
  'images',
  'documents',
  /** Documents named by their URL, which the provider fetches. */
  'document_urls',
  'json_object',
  'json_schema',
] as const;
export type Ability = (typeof abilities)[number];

/** How a model, or the endpoint that serves it, differs from its wire format. Data only; all absent: the format in full. */
export interface Traits {
  /** Parameters that it refuses: left out, and said so in a notice; not where they are demands (demands.ts). */
  refuses?: readonly (keyof ChatParameters)[];
  lacks?: readonly Ability[];
  /** OpenAI's format: the name of the token limit. */
  tokenLimitName?: 'max_tokens' | 'max_completion_tokens';
  /** OpenAI's format: the role of instructions; reasoning models of OpenAI say `developer`. */
  systemRole?: 'system' | 'developer';
  /** OpenAI's format: false where `stream_options` is refused, so that a stream ends without usage. */
  streamUsage?: boolean;
  /** OpenAI's format: the field in which the reasoning of earlier turns is sent back; absent: it is left out. */
  reasoningField?: 'reasoning_content' | 'reasoning';
  /** OpenAI's format: the only form of a tool call's id that is taken, nine letters and digits (Mistral). */
  toolCallIds?: 'nine_alphanumeric';
  /**
   * OpenAI's format: whether the signatures of earlier tool calls are sent back. `kept`: where a call has one;
   * `demanded`: a turn of calls without one, since another model made them, gets what the vendor takes in its place.
   */
  thoughtSignatures?: 'kept' | 'demanded';
  /** What does not fit into the window is cut off in silence (Ollama): our own count of it is then the only guard. */
  cutsSilently?: boolean;
  /** Most tokens that the model can write; the limit sent where the format demands one and the caller set none. */
  maxOutputTokens?: number;
  /**
   * Anthropic's format: how thinking is asked for; absent where the model does not think. `budget`:
   * `thinking.budget_tokens`; `adaptive`: `output_config.effort`; `always`: likewise, and it cannot be turned off.
   */
  thinking?: 'budget' | 'adaptive' | 'always';
  /**
   * Whether a last message of the assistant is taken as the beginning of the answer. Absent: as the format has it, which
   * is yes in Anthropic's and no in OpenAI's.
   */
  prefill?: 'taken' | 'refused';
}

/** Traits of an endpoint with those of a model over them: what either refuses or lacks, the call has to do without. */
export function mergeTraits(endpoint: Traits = {}, model: Traits = {}): Traits {
  const refuses = [...new Set([...(endpoint.refuses ?? []), ...(model.refuses ?? [])])];
  const lacks = [...new Set([...(endpoint.lacks ?? []), ...(model.lacks ?? [])])];
  return {
    ...endpoint,
    ...model,
    ...(refuses.length === 0 ? {} : { refuses }),
    ...(lacks.length === 0 ? {} : { lacks }),
  };
}
