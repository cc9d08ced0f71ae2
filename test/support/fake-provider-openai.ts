import { z } from 'zod';
import { reasoningEfforts } from '../../contracts/chat.js';

/** What OpenAI's chat format takes, as far as Holdfast may send it: https://platform.openai.com/docs/api-reference/chat. */

const text = z.strictObject({ type: z.literal('text'), text: z.string() });
const texts = z.union([z.string(), z.array(text).min(1)]);
const functionName = z.string().regex(/^[\w-]{1,64}$/);
const jsonSchema = z.record(z.string(), z.unknown());

const part = z.discriminatedUnion('type', [
  text,
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({
      url: z.string().regex(/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,[\w+/]+=*$)/),
      detail: z.enum(['auto', 'low', 'high']).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('file'),
    file: z.strictObject({
      file_data: z.string().regex(/^data:[\w/+.-]+;base64,[\w+/]+=*$/),
      filename: z.string().min(1),
    }),
  }),
]);

const toolCall = z.strictObject({
  id: z.string().min(1).max(64),
  type: z.literal('function'),
  function: z.strictObject({ name: functionName, arguments: z.string() }),
});

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer']), content: texts }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(part).min(1)]),
    name: z.string().optional(),
  }),
  z
    .strictObject({
      role: z.literal('assistant'),
      content: texts.nullable(),
      refusal: z.string().optional(),
      tool_calls: z.array(toolCall).min(1).optional(),
      reasoning_content: z.string().min(1).optional(),
      reasoning: z.string().min(1).optional(),
    })
    .refine(({ content, refusal, tool_calls: calls }) => content !== null || refusal !== undefined || calls, {
      message: 'a turn without content, refusal and tool_calls',
    }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: texts }),
]);

const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: functionName,
    description: z.string().optional(),
    parameters: jsonSchema.optional(),
    strict: z.boolean().optional(),
  }),
});

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['text', 'json_object']) }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: functionName,
      schema: jsonSchema,
      description: z.string().optional(),
      strict: z.boolean().optional(),
    }),
  }),
]);

const penalty = z.number().min(-2).max(2).optional();

/** A field that is not listed is a leak or a typing mistake. */
export const openaiBody = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  max_tokens: z.number().int().positive().optional(),
  max_completion_tokens: z.number().int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  stop: z.array(z.string()).min(1).max(4).optional(),
  seed: z.number().int().optional(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  tools: z.array(tool).min(1).max(128).optional(),
  tool_choice: z
    .union([
      z.enum(['auto', 'none', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: functionName }) }),
    ])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: responseFormat.optional(),
  reasoning_effort: z.enum(reasoningEfforts).optional(),
  n: z.number().int().min(1).max(128).optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.number().int().min(0).max(20).optional(),
  user: z.string().optional(),
  stream: z.literal(true).optional(),
  stream_options: z.strictObject({ include_usage: z.literal(true) }).optional(),
  // What callers may pass on without Holdfast's knowing more of it.
  service_tier: z.string().optional(),
  verbosity: z.enum(['low', 'medium', 'high']).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  prompt_cache_key: z.string().optional(),
  store: z.boolean().optional(),
});

type OpenAIRequest = z.infer<typeof openaiBody>;

/** What the vendor refuses although every field by itself is right. */
export function openaiFault(body: OpenAIRequest): string | undefined {
  if (body.stream !== true && body.stream_options !== undefined) return 'stream_options without stream';
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined)
    return 'both names of the token limit';
  if (body.top_logprobs !== undefined && body.logprobs !== true) return 'top_logprobs without logprobs';
  const names = (body.tools ?? []).map((each) => each.function.name);
  if (new Set(names).size < names.length) return 'two tools of one name';
  if (names.length === 0 && body.parallel_tool_calls !== undefined)
    return 'parallel_tool_calls without tools';
  if (names.length === 0 && body.tool_choice !== undefined) return 'tool_choice without tools';
  if (typeof body.tool_choice === 'object' && !names.includes(body.tool_choice.function.name))
    return 'tool_choice names a tool that is not offered';
  return unansweredCall(body.messages);
}

/** Each call needs its result before anything else is said, and each result its call. */
function unansweredCall(messages: OpenAIRequest['messages']): string | undefined {
  let open = new Set<string>();
  for (const each of messages) {
    if (each.role === 'tool') {
      if (!open.delete(each.tool_call_id)) return `messages: a result for no call (${each.tool_call_id})`;
      continue;
    }
    if (open.size > 0) break;
    if (each.role === 'assistant') open = new Set((each.tool_calls ?? []).map(({ id }) => id));
  }
  return open.size > 0 ? `messages: a call without its result (${[...open].join(', ')})` : undefined;
}
