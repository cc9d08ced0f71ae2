import { z } from 'zod';

const known = ['text', 'thinking', 'redacted_thinking', 'tool_use'];

/**
 * A block of an answer. Unknown kinds, and those of the vendor's own tools, are welcome and become `ignored`: what they
 * hold is neither said nor asked of the caller.
 */
export const answerBlock = z.preprocess(
  (block) =>
    typeOf(block) === undefined || known.includes(typeOf(block) ?? '') ? block : { type: 'ignored' },
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string().default('') }),
    z.object({
      type: z.literal('thinking'),
      thinking: z.string().default(''),
      signature: z.string().nullish(),
    }),
    z.object({ type: z.literal('redacted_thinking'), data: z.string() }),
    z.object({
      type: z.literal('tool_use'),
      id: z.string().min(1),
      name: z.string().min(1),
      input: z.unknown().optional(),
    }),
    z.object({ type: z.literal('ignored') }),
  ]),
);

export type AnswerBlock = z.infer<typeof answerBlock>;

/** The `type` of something that may not even be an object. */
export function typeOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
    ? value.type
    : undefined;
}

/**
 * The arguments of a call as JSON. An input that is text already is taken as it stands: so a stream hands over what is
 * no JSON, and so some compatible servers write it.
 */
export function argumentsOf(input: unknown): string {
  if (typeof input === 'string' && input !== '') return input;
  return input === undefined || input === null || input === '' ? '{}' : JSON.stringify(input);
}
