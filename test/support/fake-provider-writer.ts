import { LLMock } from '@copilotkit/aimock';
import { finishAnswer } from './fake-provider-bodies.js';
import {
  countOf,
  eventWithLogprobs,
  interleaved,
  joined,
  wantsLogprobs,
  withLogprobs,
} from './fake-provider-choices.js';
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

/** What aimock is told to say. */
interface Planned {
  content?: string;
  toolCalls?: { name: string; arguments: string; id: string }[];
  reasoning?: string;
  model?: string;
}

/** aimock, kept behind the front: it knows how each vendor writes a well-formed answer. */
export async function startWriter(): Promise<Writer> {
  const mock = await LLMock.create({});
  const planned = new Map<string, Planned>();
  mock.on(
    {},
    (request) => {
      const {
        content = '',
        toolCalls,
        ...others
      } = planned.get(request._context ?? '') ?? { content: 'unknown ticket' };
      if (toolCalls === undefined) return { content, ...others };
      return content === '' ? { toolCalls, ...others } : { content, toolCalls, ...others };
    },
    { chunkSize: fragmentLength },
  );
  let tickets = 0;
  async function ask(format: WireFormat, body: object, plan: Planned): Promise<string> {
    const ticket = String(++tickets);
    planned.set(ticket, plan);
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
      const one = async (said: string): Promise<unknown> => {
        const answer: unknown = JSON.parse(await ask(format, body, planOf(said, options)));
        const finished = finishAnswer(format, answer, said, options);
        return format === 'openai' && wantsLogprobs(body) ? withLogprobs(finished, fragmentLength) : finished;
      };
      const texts = textsOf(format, body, text, options);
      const answers = await Promise.all(texts.map(one));
      return JSON.stringify(format === 'openai' ? joined(answers) : answers[0]);
    },
    async writeEvents(format, body, text, options) {
      const one = async (said: string): Promise<string[]> => {
        const events = await ask(format, body, planOf(options.refusal ?? said, options));
        const finished = finishEvents(format, events, said, options);
        return format === 'openai' && wantsLogprobs(body) ? finished.map(eventWithLogprobs) : finished;
      };
      const streams = await Promise.all(textsOf(format, body, text, options).map(one));
      return streams.length === 1 ? streams.flat() : interleaved(streams);
    },
    stop: () => mock.stop(),
  };
}

/** The text of each answer that the request asks for. */
function textsOf(format: WireFormat, body: object, text: string, { further = [] }: AnswerOptions): string[] {
  const count = format === 'openai' ? countOf(body) : 1;
  return Array.from({ length: count }, (_, at) => (at === 0 ? text : (further[at - 1] ?? text)));
}

function planOf(content: string, { toolCalls, reasoning, model }: AnswerOptions): Planned {
  return {
    content,
    ...(model === undefined ? {} : { model }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(toolCalls === undefined
      ? {}
      : {
          toolCalls: toolCalls.map((call, at) => ({
            name: call.name,
            arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
            id: call.id ?? `call_${at + 1}`,
          })),
        }),
  };
}
