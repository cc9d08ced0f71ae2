import { LLMock } from '@copilotkit/aimock';
import { finishAnswer } from './fake-provider-bodies.js';
import { finishEvents } from './fake-provider-events.js';
import type { AnswerOptions, WireFormat } from './fake-provider-steps.js';

/** Writes answers in either format, whole or as the events of a stream. */
export interface Writer {
  write(format: WireFormat, body: object, text: string, options: AnswerOptions): Promise<string>;
  /** Each event with the empty line that ends it. */
  writeEvents(format: WireFormat, body: object, text: string, options: AnswerOptions): Promise<string[]>;
  stop(): Promise<void>;
}

/** Characters in one fragment of a streamed answer. */
const fragmentLength = 4;

/** aimock, kept behind the front: it knows how each vendor writes a well-formed answer. */
export async function startWriter(): Promise<Writer> {
  const mock = await LLMock.create({});
  const planned = new Map<string, { content: string; model?: string }>();
  mock.on({}, (request) => planned.get(request._context ?? '') ?? { error: { message: 'unknown ticket' } }, {
    chunkSize: fragmentLength,
  });
  let tickets = 0;
  async function ask(format: WireFormat, body: object, content: string, model?: string): Promise<string> {
    const ticket = String(++tickets);
    planned.set(ticket, { content, ...(model === undefined ? {} : { model }) });
    const path = format === 'openai' ? '/v1/chat/completions' : '/v1/messages';
    const response = await fetch(mock.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-aimock-context': ticket },
      body: JSON.stringify(body),
    });
    planned.delete(ticket);
    const answer = await response.text();
    if (!response.ok) throw new Error(`aimock refused the request: ${answer}`);
    return answer;
  }
  return {
    async write(format, body, text, options) {
      const answer: unknown = JSON.parse(await ask(format, body, text, options.model));
      return JSON.stringify(finishAnswer(format, answer, text, options));
    },
    async writeEvents(format, body, text, options) {
      const events = await ask(format, body, options.refusal ?? text, options.model);
      return finishEvents(format, events, text, options);
    },
    stop: () => mock.stop(),
  };
}
