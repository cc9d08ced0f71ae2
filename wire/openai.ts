import { z } from 'zod';
import { textOf, type ChatRequest, type Usage } from '../contracts/chat.js';
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

/** Body of `POST /chat/completions`, as far as Holdfast sends it. */
export interface OpenAIBody {
  model: string;
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[];
  max_tokens?: number;
  max_completion_tokens?: number;
  temperature?: number;
  top_p?: number;
  stop?: string[];
}

/** Which name the endpoint has for the token limit. The older one is what compatible servers understand. */
export type TokenLimitName = 'max_tokens' | 'max_completion_tokens';

/** Translates a request into OpenAI's chat format. */
export function toOpenAI(
  upstreamModel: string,
  request: ChatRequest,
  adaptations: Adaptation[],
  tokenLimitName: TokenLimitName,
): WireRequest<OpenAIBody> {
  const { maxTokens, temperature, topP, stop } = keptParameters(request, adaptations);
  const renamed = adaptations.some(({ parameter, how }) => parameter === 'maxTokens' && how === 'renamed');
  const limitName = renamed ? 'max_completion_tokens' : tokenLimitName;
  return {
    body: {
      model: upstreamModel,
      messages: request.messages.map(({ role, content }) => ({
        role: role === 'tool' ? 'user' : role,
        content: textOf(content),
      })),
      ...(maxTokens === undefined ? {} : { [limitName]: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { top_p: topP }),
      ...(stop === undefined ? {} : { stop }),
    },
    adapted: [],
  };
}

const count = z.number().int().nonnegative();

// Reasoning models of some vendors answer with parts; parts without text (their thinking) are no answer.
const content = z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]);

const choice = z.object({
  message: z.object({
    content: content.nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(z.unknown()).nullish(),
  }),
  finish_reason: z.string().nullish(),
  error: z.unknown().optional(),
});

/** Only the fields that Holdfast reads; unknown ones are welcome. */
const responseSchema = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z.array(choice).min(1),
});

/** Read apart from the rest: an answer is no worse for a count that is missing. */
const usageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count.optional().catch(undefined) }).catch({}),
  completion_tokens_details: z.object({ reasoning_tokens: count.optional().catch(undefined) }).catch({}),
});

const stopMeanings: Partial<Record<string, StopMeaning>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'refusal',
  tool_calls: 'tool_call',
  function_call: 'tool_call',
  error: 'error',
};

/** Reads the JSON body of a 200 in OpenAI's chat format. */
export function readOpenAI(body: unknown): Reading {
  return withUsage(readAnswer(body), usageOf(fieldOf(body, 'usage')));
}

function readAnswer(body: unknown): Reading {
  const error = fieldOf(body, 'error');
  // As a whole an error: so vLLM and Mistral write it.
  if (tellsOfError(error) || fieldOf(body, 'object') === 'error') return { is: 'error' };
  const parsed = responseSchema.safeParse(body);
  if (!parsed.success) return malformed(parsed.error, error);
  const [first] = parsed.data.choices;
  if (first === undefined) return { is: 'malformed', because: 'choices: none' };
  if (tellsOfError(first.error)) return { is: 'error' };
  if (first.finish_reason === null || first.finish_reason === undefined) {
    return { is: 'truncated', because: 'the answer ends without a finish_reason' };
  }
  const { message } = first;
  const text = textIn(message.content);
  const refusal = message.refusal ?? '';
  const calledTool = (message.tool_calls ?? []).length > 0;
  const meaning = stopMeanings[first.finish_reason] ?? 'other';
  const { id, model } = parsed.data;
  return settle(
    {
      choices: [
        {
          text: text === '' ? refusal : text,
          meaning: refusal !== '' ? 'refusal' : calledTool && meaning !== 'length' ? 'tool_call' : meaning,
          providerFinishReason: first.finish_reason,
        },
      ],
      ...(id ? { responseId: id } : {}),
      ...(model ? { upstreamModel: model } : {}),
    },
    { tools: false, silence: false },
  );
}

function textIn(value: z.infer<typeof content> | null | undefined): string {
  if (typeof value === 'string') return value;
  return (value ?? []).map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('');
}

/** Undefined where one of the two counts that make a usage is not known. */
function usageOf(value: unknown): Usage | undefined {
  const parsed = usageSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { prompt_tokens_details: prompt, completion_tokens_details: completion, ...counts } = parsed.data;
  return {
    inputTokens: counts.prompt_tokens,
    outputTokens: counts.completion_tokens,
    ...(prompt.cached_tokens ? { cachedInputTokens: prompt.cached_tokens } : {}),
    ...(completion.reasoning_tokens ? { reasoningTokens: completion.reasoning_tokens } : {}),
  };
}
