import { z } from 'zod';
import { textOf, type ChatMessage, type ChatRequest, type Usage } from '../contracts/chat.js';
import { defaultMaxTokens } from './anthropic-limits.js';
import { keptParameters, type Adaptation, type WireRequest } from './adaptation.js';
import {
  fieldOf,
  malformed,
  settle,
  tellsOfError,
  withUsage,
  type Reading,
  type StopMeaning,
} from './reading.js';

/** One turn; several messages of one role become the parts of one turn. */
export interface AnthropicTurn {
  role: 'user' | 'assistant';
  content: string | { type: 'text'; text: string }[];
}

/** Body of `POST /v1/messages`, as far as Holdfast sends it. */
export interface AnthropicBody {
  model: string;
  max_tokens: number;
  messages: AnthropicTurn[];
  system?: string;
  temperature?: number;
  top_p?: number;
  stop_sequences?: string[];
}

/**
 * Translates a request into Anthropic's messages format. A temperature above 1 is clamped, and said to be.
 * @param contextWindow Tokens that the model can hold, where it is known.
 */
export function toAnthropic(
  upstreamModel: string,
  request: ChatRequest,
  adaptations: Adaptation[],
  contextWindow?: number,
): WireRequest<AnthropicBody> {
  const { maxTokens, temperature, topP, stop } = keptParameters(request, adaptations);
  const tooHot = temperature !== undefined && temperature > 1;
  // Anthropic refuses text without a visible character, which OpenAI takes; such a message says nothing.
  const spoken = request.messages.filter(({ content }) => textOf(content).trim() !== '');
  const system = spoken.filter(({ role }) => role === 'system').map(({ content }) => textOf(content));
  const turns = turnsOf(spoken);
  // At least one turn is required: instructions alone are then what the user says.
  const asTurns = turns.length === 0 && system.length > 0;
  return {
    body: {
      model: upstreamModel,
      max_tokens: maxTokens ?? defaultMaxTokens(upstreamModel, request.messages, contextWindow),
      messages: asTurns ? [{ role: 'user', content: system.join('\n\n') }] : turns,
      ...(system.length === 0 || asTurns ? {} : { system: system.join('\n\n') }),
      ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
      ...(topP === undefined ? {} : { top_p: topP }),
      ...(stop === undefined ? {} : { stop_sequences: stop }),
    },
    adapted: tooHot ? [{ parameter: 'temperature', how: 'clamped' }] : [],
  };
}

/** Joins consecutive messages of one role: compatible servers insist that the roles alternate. */
function turnsOf(messages: ChatMessage[]): AnthropicTurn[] {
  const turns: { role: AnthropicTurn['role']; texts: string[] }[] = [];
  for (const { role, content } of messages) {
    if (role === 'system' || role === 'tool') continue;
    const last = turns.at(-1);
    if (last?.role === role) last.texts.push(textOf(content));
    else turns.push({ role, texts: [textOf(content)] });
  }
  return turns.map(({ role, texts: [only = '', ...more] }) => ({
    role,
    content: more.length === 0 ? only : [only, ...more].map((text) => ({ type: 'text', text })),
  }));
}

const count = z.number().int().nonnegative();

/** Only the fields that Holdfast reads; unknown ones, and unknown kinds of content, are welcome. */
const responseSchema = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
});

/** Read apart from the rest: an answer is no worse for a count that is missing. */
const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count.nullish(),
  cache_creation_input_tokens: count.nullish(),
  output_tokens_details: z.object({ thinking_tokens: count.optional().catch(undefined) }).catch({}),
});

const stopMeanings: Partial<Record<string, StopMeaning>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_call',
  refusal: 'refusal',
  pause_turn: 'pause',
  model_context_window_exceeded: 'context',
};

/** Reads the JSON body of a 200 in Anthropic's messages format. */
export function readAnthropic(body: unknown): Reading {
  return withUsage(readAnswer(body), usageOf(fieldOf(body, 'usage')));
}

function readAnswer(body: unknown): Reading {
  const error = fieldOf(body, 'error');
  if (tellsOfError(error) || fieldOf(body, 'type') === 'error') return { is: 'error' };
  const parsed = responseSchema.safeParse(body);
  if (!parsed.success) return malformed(parsed.error, error);
  const { id, model, content, stop_reason: reason } = parsed.data;
  if (reason === null || reason === undefined) {
    return { is: 'truncated', because: 'the answer ends without a stop_reason' };
  }
  return settle(
    {
      choices: [
        {
          text: content.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join(''),
          meaning: stopMeanings[reason] ?? 'other',
          providerFinishReason: reason,
        },
      ],
      ...(id ? { responseId: id } : {}),
      ...(model ? { upstreamModel: model } : {}),
    },
    { tools: false, silence: false },
  );
}

/**
 * Undefined where one of the counts that make a usage is not known. Anthropic counts cached tokens beside
 * `input_tokens`; here they are part of them, as everywhere else.
 */
function usageOf(value: unknown): Usage | undefined {
  const parsed = usageSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const usage = parsed.data;
  const read = usage.cache_read_input_tokens ?? 0;
  const created = usage.cache_creation_input_tokens ?? 0;
  const reasoning = usage.output_tokens_details.thinking_tokens;
  return {
    inputTokens: usage.input_tokens + read + created,
    outputTokens: usage.output_tokens,
    ...(read > 0 ? { cachedInputTokens: read } : {}),
    ...(reasoning ? { reasoningTokens: reasoning } : {}),
  };
}
