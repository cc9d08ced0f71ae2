import { z } from 'zod';

/** What Anthropic's messages format takes, as far as Holdfast may send it: https://platform.claude.com/docs/en/api/messages. */

const visible = z.string().regex(/\S/, 'text without a visible character');
const text = z.strictObject({ type: z.literal('text'), text: visible });
const toolName = z.string().regex(/^[\w-]{1,128}$/);
const toolId = z.string().regex(/^[a-zA-Z0-9_-]+$/);
const jsonSchema = z.record(z.string(), z.unknown());
const url = z.strictObject({ type: z.literal('url'), url: z.string().regex(/^https?:\/\//) });
const base64 = z.string().regex(/^[\w+/]+=*$/);

const image = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    url,
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: base64,
    }),
  ]),
});
const document = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    url,
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: base64 }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
  ]),
  title: z.string().optional(),
});
const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: toolId,
  content: z
    .union([visible, z.array(z.discriminatedUnion('type', [text, image, document])).min(1)])
    .optional(),
  is_error: z.literal(true).optional(),
});
const userBlock = z.discriminatedUnion('type', [text, image, document, toolResult]);
const assistantBlock = z.discriminatedUnion('type', [
  text,
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string().min(1) }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: z.string().min(1) }),
  z.strictObject({ type: z.literal('tool_use'), id: toolId, name: toolName, input: jsonSchema }),
]);

const turn = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content: z.union([visible, z.array(userBlock).min(1)]) }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([visible, z.array(assistantBlock).min(1)]),
  }),
]);

const oneAtMost = { disable_parallel_tool_use: z.boolean().optional() };

/** A field that is not listed is a leak or a typing mistake. */
export const anthropicBody = z.strictObject({
  model: z.string().min(1),
  system: visible.optional(),
  messages: z.array(turn).min(1),
  max_tokens: z.number().int().positive(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.number().int().min(0).optional(),
  stop_sequences: z.array(visible).min(1).optional(),
  stream: z.literal(true).optional(),
  tools: z
    .array(
      z.strictObject({
        name: toolName,
        description: z.string().optional(),
        input_schema: z.looseObject({ type: z.literal('object') }),
        strict: z.boolean().optional(),
      }),
    )
    .min(1)
    .optional(),
  tool_choice: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.enum(['auto', 'any']), ...oneAtMost }),
      z.strictObject({ type: z.literal('tool'), name: toolName, ...oneAtMost }),
      z.strictObject({ type: z.literal('none') }),
    ])
    .optional(),
  thinking: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('enabled'), budget_tokens: z.number().int().min(1_024) }),
      z.strictObject({ type: z.enum(['adaptive', 'disabled']) }),
    ])
    .optional(),
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
      format: z.strictObject({ type: z.literal('json_schema'), schema: jsonSchema }).optional(),
    })
    .optional(),
  metadata: z.strictObject({ user_id: z.string().max(256) }).optional(),
});

type AnthropicRequest = z.infer<typeof anthropicBody>;

/** What the vendor refuses although every field by itself is right. */
export function anthropicFault(body: AnthropicRequest): string | undefined {
  const { messages, thinking, tools = [], tool_choice: choice, output_config: output } = body;
  if (messages.some(({ role }, at) => role === messages[at - 1]?.role))
    return 'messages: two turns of one role in a row';
  if (thinking?.type === 'enabled' && thinking.budget_tokens >= body.max_tokens)
    return 'thinking: a budget that is not below max_tokens';
  if (thinking !== undefined && thinking.type !== 'disabled') {
    if ((body.temperature ?? 1) !== 1 || body.top_k !== undefined || (body.top_p ?? 1) < 0.95)
      return 'thinking: sampling parameters beside it';
    if (choice?.type === 'any' || choice?.type === 'tool') return 'thinking: a forced tool call beside it';
  }
  if (tools.length === 0 && choice !== undefined) return 'tool_choice without tools';
  if (choice?.type === 'tool' && !tools.some(({ name }) => name === choice.name))
    return 'tool_choice names a tool that is not offered';
  if (output?.format?.schema['type'] === 'object' && output.format.schema['additionalProperties'] !== false)
    return 'output_config.format.schema: additionalProperties must be false';
  return endOfTurns(messages) ?? unansweredUse(messages);
}

function endOfTurns(messages: AnthropicRequest['messages']): string | undefined {
  const last = messages.at(-1);
  const end = typeof last?.content === 'string' ? last.content : textOf(last?.content.at(-1));
  return last?.role === 'assistant' && end !== end.trimEnd()
    ? 'messages: the last turn ends with white space'
    : undefined;
}

const textOf = (block: { type: string } | undefined): string =>
  block !== undefined && 'text' in block && typeof block.text === 'string' ? block.text : '';

/** The turn after calls begins with all of their results, and no other turn has any. */
function unansweredUse(messages: AnthropicRequest['messages']): string | undefined {
  let open = new Set<string>();
  for (const { role, content } of messages) {
    const blocks = typeof content === 'string' ? [] : content;
    if (role === 'user') {
      const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
      if (blocks.slice(0, results.length).some(({ type }) => type !== 'tool_result'))
        return 'messages: a tool_result after other blocks';
      const strange = results.find((id) => !open.delete(id));
      if (strange !== undefined) return `messages: a result for no call (${strange})`;
      if (open.size > 0) break;
    } else {
      open = new Set(blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])));
    }
  }
  return open.size > 0 ? `messages: a call without its result (${[...open].join(', ')})` : undefined;
}
