import { z } from 'zod';
import type { ChatParameters } from '../../contracts/chat.js';
import { abilities, type Traits } from '../../wire/traits.js';

/** Every parameter, so that one that is added to the contract is not forgotten here. */
const parameters = {
  maxTokens: true,
  temperature: true,
  topP: true,
  topK: true,
  stop: true,
  seed: true,
  presencePenalty: true,
  frequencyPenalty: true,
  tools: true,
  toolChoice: true,
  parallelToolCalls: true,
  responseFormat: true,
  reasoningEffort: true,
  reasoningBudget: true,
  n: true,
  logprobs: true,
  topLogprobs: true,
  user: true,
  extra: true,
} as const satisfies Record<keyof ChatParameters, true>;

/** Every value of a trait, for the same reason. */
type Each<Trait extends keyof Traits> = { [Value in Extract<Traits[Trait], string>]: Value };

const parameterNames = Object.keys(parameters) as (keyof ChatParameters)[];

/** How a model or an endpoint differs from its wire format; see {@link import('../../wire/traits.js').Traits}. */
export const traitsSchema = z.strictObject({
  refuses: z
    .array(z.enum(parameterNames))
    .describe(
      'Parameters it does not take: left out of the call, and said so in a notice. Where one is demanded (tools, a forced `toolChoice`, JSON), the next model is asked.',
    )
    .exactOptional(),
  lacks: z
    .array(z.enum(abilities))
    .describe('Abilities without which it is not called for a request that needs them.')
    .exactOptional(),
  tokenLimitName: z
    .enum({
      max_tokens: 'max_tokens',
      max_completion_tokens: 'max_completion_tokens',
    } satisfies Each<'tokenLimitName'>)
    .describe('OpenAI format: name of the token limit.')
    .exactOptional(),
  systemRole: z
    .enum({ system: 'system', developer: 'developer' } satisfies Each<'systemRole'>)
    .describe('OpenAI format: role of instructions.')
    .exactOptional(),
  streamUsage: z
    .boolean()
    .describe('OpenAI format: false where `stream_options` is refused.')
    .exactOptional(),
  reasoningField: z
    .enum({ reasoning_content: 'reasoning_content', reasoning: 'reasoning' } satisfies Each<'reasoningField'>)
    .describe('OpenAI format: field in which earlier reasoning is sent back; absent: it is left out.')
    .exactOptional(),
  toolCallIds: z
    .enum({ nine_alphanumeric: 'nine_alphanumeric' } satisfies Each<'toolCallIds'>)
    .describe('OpenAI format: the only form of tool call ids that is taken; others are sent in that form.')
    .exactOptional(),
  thoughtSignatures: z
    .enum({ kept: 'kept', demanded: 'demanded' } satisfies Each<'thoughtSignatures'>)
    .describe(
      "OpenAI format: Gemini's signatures of earlier tool calls are sent back; `demanded`: calls of other models get a stand-in.",
    )
    .exactOptional(),
  cutsSilently: z
    .boolean()
    .describe(
      'It cuts off what does not fit into `contextWindow` in silence: question and `maxTokens` must fit by our own estimate.',
    )
    .exactOptional(),
  thinking: z
    .enum({ budget: 'budget', adaptive: 'adaptive', always: 'always' } satisfies Each<'thinking'>)
    .describe(
      'Anthropic format: how thinking is asked for; `always`: as `adaptive`, and it cannot be turned off.',
    )
    .exactOptional(),
  prefill: z
    .enum({ taken: 'taken', refused: 'refused' } satisfies Each<'prefill'>)
    .describe(
      'Whether it goes on from a last message of the assistant (`onStreamCut`); absent: yes in Anthropic format, no in OpenAI format.',
    )
    .exactOptional(),
  // A model's own setting, not one of its traits.
} satisfies Record<Exclude<keyof Traits, 'maxOutputTokens'>, z.ZodType>);
