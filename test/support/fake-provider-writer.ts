import { LLMock } from '@copilotkit/aimock';
import { finishAnswer } from './fake-provider-bodies.js';
import type { AnswerOptions, WireFormat } from './fake-provider-steps.js';

/** Writes whole answers in either format. */
export interface Writer {
  write(format: WireFormat, body: object, text: string, options: AnswerOptions): Promise<string>;
  stop(): Promise<void>;
}

/** aimock, kept behind the front: it knows how each vendor writes a well-formed answer. */
export async function startWriter(): Promise<Writer> {
  const mock = await LLMock.create({});
  const planned = new Map<string, { content: string; model?: string }>();
  mock.on({}, (request) => planned.get(request._context ?? '') ?? { error: { message: 'unknown ticket' } });
  let tickets = 0;
  return {
    async write(format, body, text, options) {
      const ticket = String(++tickets);
      planned.set(ticket, {
        content: text,
        ...(options.model === undefined ? {} : { model: options.model }),
      });
      const path = format === 'openai' ? '/v1/chat/completions' : '/v1/messages';
      const response = await fetch(mock.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-aimock-context': ticket },
        body: JSON.stringify(body),
      });
      planned.delete(ticket);
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(`aimock refused the request: ${JSON.stringify(answer)}`);
      return JSON.stringify(finishAnswer(format, answer, text, options));
    },
    stop: () => mock.stop(),
  };
}
