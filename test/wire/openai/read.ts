import { openAIStreamReader, readOpenAI } from '../../../wire/openai/index.js';
import type { Expected, Reading } from '../../../wire/reading.js';
import type { ServerSentEvent, StreamStep } from '../../../wire/stream.js';
import { lenient } from './any-chat.js';

export const read = (body: unknown, expected: Partial<Expected> = {}) =>
  readOpenAI(body, { tools: false, silence: false, ...expected });

/** A whole answer with this message. */
export const answer = (
  message: object,
  finishReason: string | null = 'stop',
  changes: object = {},
): unknown => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4-0613',
  choices: [
    { index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason, logprobs: null },
  ],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  ...changes,
});

interface Seen {
  steps: StreamStep[];
  reading: Reading;
}

export function readEvents(events: readonly ServerSentEvent[], expected: Expected = lenient): Seen {
  const reader = openAIStreamReader(expected);
  const steps = events.map((each) => reader.take(each));
  return { steps, reading: reader.end() };
}

export const deltasOf = ({ steps }: Seen) => steps.flatMap(({ deltas }) => deltas);
export const event = (fields: object): ServerSentEvent => ({ data: JSON.stringify(fields) });
/** A chunk with this piece of the first choice. */
export const chunk = (delta: object | null, finishReason: string | null = null, fields: object = {}) =>
  event({ id: 'c1', model: 'm', choices: [{ index: 0, delta, finish_reason: finishReason, ...fields }] });
export const done: ServerSentEvent = { data: '[DONE]' };
