import type { Continuation } from '../../contracts/continuation.js';
import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface Question {
  model: string;
  stream?: boolean;
  content?: string;
  /** Idempotency-Key. */
  key?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Asks a gateway over OpenAI's wire. */
export function ask(
  url: string,
  { model, stream = false, content = 'Say hello', key, headers, signal }: Question,
): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...headers,
    },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content }] }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A streamed answer as it was read to its end. */
export interface ReadStream {
  text: string;
  /** The terminal marker came. */
  done: boolean;
  /** The error that was sent in the stream. */
  error?: { message: string; code: string };
  /** What the last chunk says besides the answer. */
  facts?: Record<string, unknown>;
  /** Models that chunks name, in their order. */
  models: string[];
  continued: Continuation[];
}

interface Chunk {
  model?: string;
  choices?: { delta?: { content?: string } }[];
  error?: { message: string; code: string };
  holdfast?: Record<string, unknown> & { continued?: Continuation | string };
}

/** Reads a stream in OpenAI's format; one that is cut by the network rejects. */
export async function readStream(response: Response): Promise<ReadStream> {
  const read: ReadStream = { text: '', done: false, models: [], continued: [] };
  const onEvent = ({ data }: EventSourceMessage): void => {
    if (data === '[DONE]') {
      read.done = true;
      return;
    }
    const { model, choices, error, holdfast } = JSON.parse(data) as Chunk;
    const continued = holdfast?.continued;
    if (typeof continued === 'object') {
      read.continued.push(continued);
      if (continued.from === continued.to) read.models.push(continued.to);
    }
    if (model !== undefined && read.models.at(-1) !== model) read.models.push(model);
    read.text += choices?.[0]?.delta?.content ?? '';
    if (error !== undefined) read.error = error;
    if (holdfast !== undefined && typeof continued !== 'object') read.facts = holdfast;
  };
  const parser = createParser({ onEvent });
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
  }
  return read;
}
