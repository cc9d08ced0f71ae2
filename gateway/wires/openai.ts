import { doneData, fromOpenAI, writeOpenAI, writeOpenAIChunks } from '../../wire/openai/index.js';
import type { ServerSentEvent } from '../../wire/stream.js';
import { invalid, type Problem } from '../problem.js';
import { isTooDeep, tooDeepMessage } from './depth.js';
import type { Wire } from './wire.js';

/** OpenAI's chat format. */
export const openai: Wire = {
  name: 'openai',
  read: (body) => {
    if (isTooDeep(body)) return { ok: false, problem: invalid(tooDeepMessage) };
    const read = fromOpenAI(body);
    if (!read.ok) return { ok: false, problem: invalid(read.problem.message, read.problem.param) };
    const { request: chat, ...rest } = read;
    return { ...rest, chat };
  },
  answer: (answer, names) => writeOpenAI(answer, names),
  stream: (names, { includeUsage }) => {
    const writer = writeOpenAIChunks({ ...names, includeUsage });
    return {
      delta: (delta) => writer.delta(delta).map(dataOf),
      end: (answer, facts) => {
        const chunks = writer.finish(answer);
        return [
          ...chunks.map((chunk, at) =>
            dataOf(at === chunks.length - 1 ? { ...chunk, holdfast: facts } : chunk),
          ),
          { event: '', data: doneData },
        ];
      },
      broken: (problem) => [dataOf(errorBody(problem))],
    };
  },
  error: errorBody,
};

function errorBody({ message, type, code, param }: Problem): object {
  return { error: { message, type, param: param ?? null, code } };
}

const dataOf = (value: object): ServerSentEvent => ({ event: '', data: JSON.stringify(value) });
