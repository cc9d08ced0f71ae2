import { anthropicStreamWriter, fromAnthropic, writeAnthropic } from '../../wire/anthropic/index.js';
import { invalid, type Problem } from '../problem.js';
import { isTooDeep, tooDeepMessage } from './depth.js';
import type { Wire } from './wire.js';

/** Anthropic's messages format. */
export const anthropic: Wire = {
  name: 'anthropic',
  read: (body) => {
    if (isTooDeep(body)) return { ok: false, problem: invalid(tooDeepMessage) };
    const read = fromAnthropic(body);
    if (!read.ok)
      return { ok: false, problem: invalid(read.problem.message, read.problem.param ?? undefined) };
    const { request: chat, ...rest } = read;
    return { ...rest, chat, includeUsage: true };
  },
  answer: (answer, names) => writeAnthropic(answer, names),
  stream: (names) => {
    const writer = anthropicStreamWriter(names);
    return {
      delta: (delta) => writer.write(delta),
      end: (answer, facts) =>
        writer
          .end(answer)
          .map((event) =>
            event.event === 'message_stop'
              ? { ...event, data: JSON.stringify({ type: 'message_stop', holdfast: facts }) }
              : event,
          ),
      broken: (problem) => [{ event: 'error', data: JSON.stringify(errorBody(problem)) }],
    };
  },
  error: (problem, requestId) => ({ ...errorBody(problem), request_id: requestId }),
};

function errorBody({ status, code, message }: Problem): object {
  return {
    type: 'error',
    error: { type: errorTypes[status] ?? 'api_error', message: `${message} (${code})` },
  };
}

/** The words that Anthropic has for a status. */
const errorTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};
