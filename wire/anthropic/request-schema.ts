import { z } from 'zod';

const text = z.object({ type: z.literal('text'), text: z.string() });

const base64 = z.object({ type: z.literal('base64'), media_type: z.string(), data: z.string() });
const url = z.object({ type: z.literal('url'), url: z.string() });
const plainText = z.object({
  type: z.literal('text'),
  media_type: z.literal('text/plain'),
  data: z.string(),
});

const image = z.object({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [base64, url]),
});

const document = z.object({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [base64, plainText, url]),
  title: z.string().nullish(),
});

const media = z.discriminatedUnion('type', [text, image, document]);

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: textOr(media).nullish(),
  is_error: z.boolean().nullish(),
});

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
});

const userBlock = z.discriminatedUnion('type', [text, image, document, toolResult]);
const assistantBlock = z.discriminatedUnion('type', [
  text,
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal('redacted_thinking'), data: z.string() }),
  toolUse,
]);

/** Kinds of blocks that an assistant's turn may hold here; the others are the work of the vendor's own tools. */
export const assistantBlockTypes = ['text', 'thinking', 'redacted_thinking', 'tool_use'];

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), content: textOr(userBlock) }),
  z.object({ role: z.literal('assistant'), content: textOr(assistantBlock) }),
  z.object({ role: z.literal('system'), content: textOr(text) }),
]);

const tool = z.object({
  // The vendor's own tools have a type, and run nowhere else.
  type: z.literal('custom').nullish(),
  name: z.string(),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  strict: z.boolean().optional(),
});

const parallel = { disable_parallel_tool_use: z.boolean().optional() };

const toolChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto'), ...parallel }),
  z.object({ type: z.literal('any'), ...parallel }),
  z.object({ type: z.literal('tool'), name: z.string(), ...parallel }),
  z.object({ type: z.literal('none') }),
]);

const thinking = z.discriminatedUnion('type', [
  z.object({ type: z.literal('enabled'), budget_tokens: z.number().int().positive() }),
  z.object({ type: z.literal('adaptive') }),
  z.object({ type: z.literal('disabled') }),
]);

const outputConfig = z.object({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: z.object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
});

/** The body of `POST /v1/messages`, as far as Holdfast understands it. */
export const requestSchema = z.object({
  model: z.string().min(1),
  max_tokens: z.number().int().positive(),
  messages: z.array(message).min(1),
  system: textOr(text).nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.number().int().nonnegative().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  thinking: thinking.nullish(),
  output_config: outputConfig.nullish(),
  metadata: z.object({ user_id: z.string().nullish() }).nullish(),
});

export type RequestBody = z.infer<typeof requestSchema>;
export type MessageBody = z.infer<typeof message>;
export type MediaBody = z.infer<typeof media>;

/** Text in the short form, or blocks. Not a union, so that what is wrong in a block is named and not only the block. */
function textOr<Block extends z.ZodType>(block: Block) {
  const blocks = z.array(block);
  type Content = string | z.infer<typeof blocks>;
  return z.unknown().transform((value, context): Content => {
    if (typeof value === 'string') return value;
    const parsed = blocks.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { path, message: words } of parsed.error.issues) {
      context.addIssue({ code: 'custom', path, message: words });
    }
    return z.NEVER;
  });
}
