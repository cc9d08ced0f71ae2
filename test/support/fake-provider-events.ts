import { z } from 'zod';
import { anthropicReason, anthropicUsage, openaiUsage } from './fake-provider-bodies.js';
import type { AnswerOptions, WireFormat } from './fake-provider-steps.js';

const chunk = z.looseObject({
  choices: z.array(
    z.looseObject({
      delta: z.looseObject({ content: z.string().nullish() }),
      finish_reason: z.string().nullable(),
    }),
  ),
  usage: z.looseObject({}).optional(),
});

const event = z.looseObject({
  type: z.string(),
  message: z.looseObject({}).optional(),
  delta: z.looseObject({}).optional(),
});

/** Lays over aimock's events what aimock does not express, as `finishAnswer` does for a whole answer. */
export function finishEvents(
  format: WireFormat,
  stream: string,
  text: string,
  options: AnswerOptions,
): string[] {
  return stream.split('\n\n').flatMap((written) => {
    const data = /^data: (.*)$/m.exec(written)?.[1];
    if (data === undefined) return [];
    if (data === '[DONE]') return ['data: [DONE]\n\n'];
    const json: unknown = JSON.parse(data);
    const finished = format === 'openai' ? finishChunk(json, options) : finishEvent(json, text, options);
    if (finished === undefined) return [];
    const name = format === 'openai' ? '' : `event: ${String(finished['type'])}\n`;
    return [`${name}data: ${JSON.stringify(finished)}\n\n`];
  });
}

function finishChunk(json: unknown, options: AnswerOptions): Record<string, unknown> | undefined {
  const written = chunk.parse(json);
  if (written.usage !== undefined) return { ...written, usage: openaiUsage(written.usage, options) };
  const [choice] = written.choices;
  if (choice === undefined) return written;
  if (choice.finish_reason !== null) {
    const reason = options.finishReason === undefined ? choice.finish_reason : options.finishReason;
    return reason === null ? undefined : { ...written, choices: [{ ...choice, finish_reason: reason }] };
  }
  if (options.refusal === undefined || !choice.delta.content) return written;
  return { ...written, choices: [{ ...choice, delta: { refusal: choice.delta.content } }] };
}

function finishEvent(
  json: unknown,
  text: string,
  options: AnswerOptions,
): Record<string, unknown> | undefined {
  const written = event.parse(json);
  const said = options.refusal ?? text;
  const saysNothing = said === '' && options.toolCalls === undefined && options.reasoning === undefined;
  if (written.type.startsWith('content_block') && saysNothing) return undefined;
  if (written.type === 'message_start') {
    return {
      ...written,
      message: { ...written.message, usage: { ...anthropicUsage(options), output_tokens: 1 } },
    };
  }
  if (written.type !== 'message_delta') return written;
  const asked = options.finishReason ?? (options.refusal === undefined ? undefined : 'content_filter');
  const reason = options.finishReason === null ? null : asked;
  return {
    ...written,
    delta: { ...written.delta, ...(reason === undefined ? {} : { stop_reason: anthropicReason(reason) }) },
    usage: anthropicUsage(options),
  };
}
