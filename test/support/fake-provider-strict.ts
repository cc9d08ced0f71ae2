import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { WireFormat } from './fake-provider-steps.js';

const text = z.union([
  z.string(),
  z.array(z.strictObject({ type: z.literal('text'), text: z.string().min(1) })),
]);

/** Exactly what Holdfast may send. A field that is not listed is a leak or a typing mistake. */
const bodies = {
  openai: z.strictObject({
    model: z.string().min(1),
    messages: z
      .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
      .min(1),
    max_tokens: z.number().int().positive().optional(),
    max_completion_tokens: z.number().int().positive().optional(),
    temperature: z.number().min(0).max(2).optional(),
    top_p: z.number().min(0).max(1).optional(),
    stop: z.array(z.string()).min(1).optional(),
    stream: z.boolean().optional(),
    stream_options: z.strictObject({ include_usage: z.boolean() }).optional(),
  }),
  anthropic: z.strictObject({
    model: z.string().min(1),
    system: z.string().min(1).optional(),
    messages: z.array(z.strictObject({ role: z.enum(['user', 'assistant']), content: text })).min(1),
    max_tokens: z.number().int().positive(),
    temperature: z.number().min(0).max(1).optional(),
    top_p: z.number().min(0).max(1).optional(),
    stop_sequences: z.array(z.string()).min(1).optional(),
    stream: z.boolean().optional(),
  }),
};

/** Says what is wrong with a request, or nothing. */
export function fault(
  format: WireFormat,
  headers: IncomingHttpHeaders,
  body: Record<string, unknown>,
): string | undefined {
  if (!headers['content-type']?.startsWith('application/json')) return 'content-type is not application/json';
  if (format === 'anthropic' && !headers['anthropic-version']) return 'anthropic-version is missing';
  const seen = bodies[format].safeParse(body);
  if (!seen.success) return z.prettifyError(seen.error);
  if (body['stream'] !== true && 'stream_options' in body) return 'stream_options without stream';
  if (format === 'anthropic') {
    const roles = bodies.anthropic.parse(body).messages.map((message) => message.role);
    if (roles.some((role, at) => role === roles[at - 1])) return 'messages: two turns of one role in a row';
  }
  return undefined;
}
