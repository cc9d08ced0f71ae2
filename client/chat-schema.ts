import { z } from 'zod';
import { reasoningEfforts } from '../contracts/chat.js';

const text = z
  .object({ type: z.literal('text'), text: z.string().min(1, 'a text part needs text') })
  .strict();

const source = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('url'), url: z.url({ protocol: /^https?$/ }) }),
  z.strictObject({
    from: z.literal('data'),
    mediaType: z.string().regex(/^[\w.+-]+\/[\w.+-]+$/, 'a media type such as image/png'),
    data: z.base64('base64, without the "data:" in front').min(1),
  }),
]);

const part = z.discriminatedUnion('type', [
  text,
  z.strictObject({
    type: z.literal('image'),
    source,
    detail: z.enum(['auto', 'low', 'high']).optional(),
  }),
  z.strictObject({ type: z.literal('document'), source, name: z.string().min(1).optional() }),
]);

const words = z.string().min(1, 'a message needs content');
const toolName = z.string().regex(/^[\w-]{1,64}$/, 'up to 64 letters, digits, _ and -');

const toolCall = z.strictObject({
  id: z.string().min(1),
  name: toolName,
  arguments: z.string(),
  signature: z.string().optional(),
});

const reasoningBlock = z.strictObject({
  text: z.string(),
  signature: z.string().optional(),
  redacted: z.string().optional(),
});

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: z.union([words, z.array(text).min(1)]) }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([words, z.array(part).min(1)]),
    name: z.string().min(1).optional(),
  }),
  z
    .strictObject({
      role: z.literal('assistant'),
      content: z.union([z.string(), z.array(text)]).optional(),
      toolCalls: z.array(toolCall).min(1).optional(),
      reasoning: z.array(reasoningBlock).optional(),
      refusal: z.string().optional(),
    })
    .refine(
      ({ content = '', toolCalls, refusal }) =>
        content.length > 0 || toolCalls !== undefined || refusal !== undefined,
      'an assistant message needs content, tool calls or a refusal',
    ),
  z.strictObject({
    role: z.literal('tool'),
    toolCallId: z.string().min(1),
    // A tool may have nothing to say.
    content: z.union([z.string(), z.array(part)]),
    isError: z.boolean().optional(),
  }),
]);

export const messagesSchema = z.array(message).min(1, 'at least one message is needed');

const jsonObject = z.record(z.string(), z.unknown());

const tool = z.strictObject({
  name: toolName,
  description: z.string().optional(),
  parameters: jsonObject.optional(),
  strict: z.boolean().optional(),
});

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: toolName,
    schema: jsonObject,
    description: z.string().optional(),
    strict: z.boolean().optional(),
  }),
]);

const penalty = z.number().min(-2).max(2);

/** The parameters of a chat, each by its neutral name; see contracts/chat.ts for what they mean. */
export const parametersShape = {
  maxTokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.int().positive().optional(),
  stop: z.array(z.string().min(1)).min(1).max(16).optional(),
  seed: z.int().optional(),
  presencePenalty: penalty.optional(),
  frequencyPenalty: penalty.optional(),
  tools: z.array(tool).min(1).max(128).optional(),
  toolChoice: z.union([z.enum(['auto', 'none', 'required']), z.strictObject({ tool: toolName })]).optional(),
  parallelToolCalls: z.boolean().optional(),
  responseFormat: responseFormat.optional(),
  reasoningEffort: z.enum(reasoningEfforts).optional(),
  reasoningBudget: z.int().positive().optional(),
  n: z.int().min(1).max(16).optional(),
  logprobs: z.boolean().optional(),
  topLogprobs: z.int().min(0).max(20).optional(),
  user: z.string().min(1).max(512).optional(),
  extra: jsonObject.optional(),
};
