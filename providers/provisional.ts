/**
 * Stands in until the wire formats bring their own: `lackedBy`, `openAIStreamReader`, `anthropicStreamReader`.
 * The readers put a stream together into the body of a plain answer and read that.
 */
import { z } from 'zod';
import { type AnswerDelta, type ChatRequest } from '../contracts/chat.js';
import { readAnthropic } from '../wire/anthropic.js';
import { readOpenAI } from '../wire/openai.js';
import { fieldOf, tellsOfError, type Reading } from '../wire/reading.js';
import type { StreamReader, StreamStep } from '../wire/stream.js';
import type { Ability, Traits } from '../wire/traits.js';

/** The first ability that a request needs and its model lacks. */
export function lackedBy(
  request: ChatRequest,
  { lacks = [] }: Traits,
  formatLacks: readonly Ability[] = [],
): Ability | undefined {
  const parts = request.messages.flatMap(({ content }) =>
    typeof content === 'string' ? [] : (content ?? []),
  );
  const format = request.responseFormat?.type;
  const needs: Record<Ability, boolean> = {
    tools: (request.tools ?? []).length > 0,
    images: parts.some(({ type }) => type === 'image'),
    documents: parts.some(({ type }) => type === 'document'),
    json_object: format === 'json_object',
    json_schema: format === 'json_schema',
  };
  return [...lacks, ...formatLacks].find((ability) => needs[ability]);
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const chunkSchema = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: text,
            refusal: text,
            reasoning_content: text,
            tool_calls: z.array(z.unknown()).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
        error: z.unknown().optional(),
      }),
    )
    .default([]),
  usage: z.unknown().optional(),
});

export function openAIStreamReader(): StreamReader {
  const seen = { id: '', model: '', content: '', refusal: '' };
  const calls: unknown[] = [];
  let reason: string | null = null;
  let usage: unknown;
  return {
    take({ data }) {
      if (data.trim() === '[DONE]') return { deltas: [], ended: true };
      const json = parsed(data);
      if (json === undefined) return { deltas: [], malformed: 'an event is not JSON' };
      if (tellsOfError(fieldOf(json, 'error')) || fieldOf(json, 'object') === 'error') {
        return { deltas: [], error: data };
      }
      const chunk = chunkSchema.safeParse(json);
      if (!chunk.success)
        return { deltas: [], malformed: chunk.error.issues[0]?.path.join('.') ?? 'the event' };
      usage = chunk.data.usage ?? usage;
      seen.id = chunk.data.id ?? seen.id;
      seen.model = chunk.data.model ?? seen.model;
      const [choice] = chunk.data.choices;
      if (tellsOfError(choice?.error)) return { deltas: [], error: data };
      reason = choice?.finish_reason ?? reason;
      const { content = '', refusal = '', reasoning_content = '', tool_calls = [] } = choice?.delta ?? {};
      seen.content += content;
      seen.refusal += refusal;
      calls.push(...(tool_calls ?? []));
      const deltas: AnswerDelta[] = [
        { type: 'reasoning', choice: 0, text: reasoning_content },
        { type: 'text', choice: 0, text: content },
        { type: 'refusal', choice: 0, text: refusal },
      ];
      for (const call of tool_calls ?? []) {
        const written = fieldOf(fieldOf(call, 'function'), 'arguments');
        const id = fieldOf(call, 'id');
        deltas.push({
          type: 'tool_call',
          choice: 0,
          index: 0,
          arguments: typeof written === 'string' ? written : '',
          ...(typeof id === 'string' ? { id } : {}),
        });
      }
      return { deltas };
    },
    end(): Reading {
      const message = { content: seen.content, refusal: seen.refusal, tool_calls: calls };
      return readOpenAI({ ...seen, choices: [{ message, finish_reason: reason }], usage });
    },
  };
}

const eventSchema = z.object({
  type: z.string(),
  message: z.object({ id: z.string(), model: z.string(), usage: z.looseObject({}) }).optional(),
  index: z.number().optional(),
  content_block: z.looseObject({ type: z.string() }).optional(),
  delta: z.looseObject({ stop_reason: z.string().nullish() }).optional(),
  usage: z.looseObject({}).optional(),
});

export function anthropicStreamReader(): StreamReader {
  let head: object = {};
  let usage: object = {};
  let reason: string | null = null;
  let ended = false;
  const blocks: { type: string; text: string }[] = [];
  const take = (data: string): StreamStep => {
    const json = parsed(data);
    if (json === undefined) return { deltas: [], malformed: 'an event is not JSON' };
    if (fieldOf(json, 'type') === 'error') return { deltas: [], error: data };
    const event = eventSchema.safeParse(json);
    if (!event.success)
      return { deltas: [], malformed: event.error.issues[0]?.path.join('.') ?? 'the event' };
    const { type, message, index = 0, content_block: block, delta, usage: counted } = event.data;
    if (type === 'message_start' && message !== undefined) {
      head = { id: message.id, model: message.model };
      usage = message.usage;
    }
    if (type === 'content_block_start')
      blocks[index] = { type: block?.type ?? '', text: textIn(block?.['text']) };
    if (type === 'message_delta') {
      reason = delta?.stop_reason ?? reason;
      usage = { ...usage, ...counted };
    }
    if (type === 'message_stop') {
      ended = true;
      return { deltas: [], ended: true };
    }
    if (type !== 'content_block_delta') {
      const name = block?.['name'];
      const begun = typeof name === 'string';
      return { deltas: begun ? [{ type: 'tool_call', choice: 0, index, name, arguments: '' }] : [] };
    }
    const begun = blocks[index];
    if (begun !== undefined) begun.text += textIn(delta?.['text']);
    return {
      deltas: [
        { type: 'text', choice: 0, text: textIn(delta?.['text']) },
        { type: 'reasoning', choice: 0, text: textIn(delta?.['thinking']) },
        { type: 'tool_call', choice: 0, index, arguments: textIn(delta?.['partial_json']) },
      ],
    };
  };
  return {
    take: ({ data }) => take(data),
    end: (): Reading =>
      readAnthropic({ ...head, content: blocks, stop_reason: ended ? reason : null, usage }),
  };
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

function parsed(data: string): unknown {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
