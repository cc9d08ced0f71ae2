import { connect } from 'node:net';
import { z } from 'zod';

/** One of the formats in which a client of the tests speaks. */
export type WireName = 'openai' | 'anthropic';

export const wireNames: readonly WireName[] = ['openai', 'anthropic'];

export const pathOf = { openai: '/v1/chat/completions', anthropic: '/v1/messages' } as const;

/** The smallest request that the format takes. */
export function bodyOf(wire: WireName, model: string, changes: object = {}): Record<string, unknown> {
  const messages = [{ role: 'user', content: 'Say something.' }];
  return { model, messages, ...(wire === 'anthropic' ? { max_tokens: 100 } : {}), ...changes };
}

/** A response as it came, and what a client of the format would make of it. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The body, byte for byte. */
  body: string;
  /** The body as JSON; undefined for a stream. */
  json: Record<string, unknown> | undefined;
  /** The events of a stream. */
  events: { event: string; data: string }[];
}

export interface Ask {
  wire: WireName;
  model: string;
  stream?: boolean;
  /** Further fields of the body. */
  changes?: object;
  headers?: Record<string, string>;
}

/** Asks over a socket, and reads all of the response. */
export async function ask(
  url: string,
  { wire, model, stream = false, changes, headers }: Ask,
): Promise<Answer> {
  const body = JSON.stringify(bodyOf(wire, model, { stream, ...changes }));
  return post(url + pathOf[wire], body, headers);
}

export async function post(
  address: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return answerOf(response);
}

export async function answerOf(response: Response): Promise<Answer> {
  const body = await response.text();
  const isStream = response.headers.get('content-type')?.includes('text/event-stream') === true;
  return {
    status: response.status,
    headers: response.headers,
    body,
    json: isStream || body === '' ? undefined : z.record(z.string(), z.unknown()).parse(JSON.parse(body)),
    events: isStream ? eventsIn(body) : [],
  };
}

/** Events with an empty line behind them; a comment or the rest of a broken one is none. */
function eventsIn(body: string): Answer['events'] {
  return body
    .split('\n\n')
    .slice(0, -1)
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      data: /^data: (.*)$/m.exec(block)?.[1] ?? '',
    }));
}

const openaiAnswer = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })),
});
const openaiChunk = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().optional() }) })).optional(),
});
const anthropicAnswer = z.object({ content: z.array(z.object({ text: z.string().optional() })) });
const anthropicDelta = z.object({ delta: z.object({ text: z.string().optional() }).optional() });

/** What the model says in it, whole or so far. */
export function textIn(wire: WireName, { json, events }: Answer): string {
  if (json !== undefined) {
    return wire === 'openai'
      ? (openaiAnswer.parse(json).choices[0]?.message.content ?? '')
      : anthropicAnswer
          .parse(json)
          .content.map(({ text = '' }) => text)
          .join('');
  }
  return events
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => {
      const value: unknown = JSON.parse(data);
      return wire === 'openai'
        ? (openaiChunk.parse(value).choices?.[0]?.delta.content ?? '')
        : (anthropicDelta.parse(value).delta?.text ?? '');
    })
    .join('');
}

/** Whether a stream says of itself that it is whole. */
export function endsCleanly(wire: WireName, { events }: Answer): boolean {
  return events.some(({ event, data }) => (wire === 'openai' ? data === '[DONE]' : event === 'message_stop'));
}

const openaiError = z.object({
  error: z.strictObject({
    message: z.string().min(1),
    type: z.string().min(1),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
  holdfast: z.unknown().optional(),
});
const anthropicError = z.object({
  type: z.literal('error'),
  error: z.strictObject({ type: z.string().min(1), message: z.string().min(1) }),
  request_id: z.string().min(1).optional(),
  holdfast: z.unknown().optional(),
});

export interface ErrorInForm {
  type: string;
  message: string;
  code: string | null;
  param: string | null;
}

/** Reads an error in the form of its wire. @throws ZodError when it is in another one */
export function errorIn(wire: WireName, body: unknown): ErrorInForm {
  if (wire === 'openai') return openaiError.parse(body).error;
  const { type, message } = anthropicError.parse(body).error;
  // The format has no field for a code.
  return { type, message, code: /\((\w+)\)$/.exec(message)?.[1] ?? null, param: null };
}

/** The error in the last event of a stream. */
export function lastErrorIn(wire: WireName, { events }: Answer): ErrorInForm {
  return errorIn(wire, JSON.parse(events.at(-1)?.data ?? ''));
}

/** Sends bytes as they are and returns all that comes back before the connection ends, or before half a second of silence. */
export async function sendBytes(url: string, bytes: Uint8Array | string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const received: Buffer[] = [];
  socket.on('data', (data: Buffer) => received.push(data));
  // A server that has refused resets what is still being sent.
  socket.on('error', () => undefined);
  socket.setTimeout(500, () => socket.destroy());
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(received).toString('latin1');
}
