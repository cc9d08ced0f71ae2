import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { errorBody } from './fake-provider-bodies.js';
import { pause, send } from './fake-provider-http.js';
import { sendStream } from './fake-provider-stream.js';
import type { AnswerOptions, FakeCall, Step, StreamShape } from './fake-provider-steps.js';
import type { Writer } from './fake-provider-writer.js';

/** Does to one request what its step says. */
export async function carryOut(
  { action }: Step,
  call: FakeCall,
  writer: Writer,
  response: ServerResponse,
  left: AbortSignal,
): Promise<void> {
  const write = (text: string, options: AnswerOptions): Promise<string> =>
    writer.write(call.format, call.body, text, options);
  const streams = call.body['stream'] === true;
  const stream = async (text: string, options: AnswerOptions, shape: StreamShape): Promise<void> => {
    const events = await writer.writeEvents(call.format, call.body, text, options);
    await sendStream(response, call, events, shape, left);
  };
  switch (action.kind) {
    case 'answer': {
      if (streams) {
        await stream(action.text, action.options, {
          ...(action.options.delayMs === undefined ? {} : { firstTokenAfterMs: action.options.delayMs }),
          ...action.shape,
        });
        return;
      }
      const answer = await write(action.text, action.options);
      if (action.options.delayMs !== undefined) await pause(action.options.delayMs, left);
      if (!left.aborted) send(response, 200, answer);
      return;
    }
    case 'go_on': {
      const { prefill, repeats = 0, opening = '', shape = {} } = action.options;
      const { said, isLast } = saidIn(call.body);
      const refusal =
        prefill === 'refused' && isLast
          ? 'This model does not support assistant message prefill. The conversation must end with a user message.'
          : action.whole.startsWith(said)
            ? undefined
            : `the fake was to go on from another text: ${said}`;
      if (refusal !== undefined) {
        send(response, 400, errorBody(call.format, 400, call.model, { message: refusal }));
        return;
      }
      const text = opening + action.whole.slice(Math.max(0, said.length - repeats));
      if (streams) await stream(text, {}, shape);
      else send(response, 200, await write(text, {}));
      return;
    }
    case 'error': {
      const { retryAfter, headers } = action.options;
      const asked = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
      const body = errorBody(call.format, action.status, call.model, action.options);
      send(response, action.status, body, { ...asked, ...headers });
      return;
    }
    case 'raw':
      send(response, action.status, action.body, action.headers);
      return;
    case 'hang':
      if (action.when === 'before_headers') return;
      if (streams) await stream('never finished', {}, { stallAfter: 0 });
      else await writeHalf(response, await write('never finished', {}));
      return;
    case 'cut_body':
      if (streams) {
        await stream('cut in the middle', {}, { cutAfter: 'half' });
        return;
      }
      await writeHalf(response, await write('cut in the middle', {}));
      response.destroy();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
  }
}

const turns = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
});
const blocks = z.array(z.looseObject({ text: z.string().optional() }));

/** The last words of the assistant in a request, in either format, and whether nobody spoke after it. */
function saidIn(body: Record<string, unknown>): { said: string; isLast: boolean } {
  const { messages } = turns.parse(body);
  const at = messages.findLastIndex(({ role }) => role === 'assistant');
  const content = messages[at]?.content ?? '';
  const said =
    typeof content === 'string'
      ? content
      : blocks.parse(content).reduce((all, { text = '' }) => all + text, '');
  return { said, isLast: at === messages.length - 1 };
}

/** Announces the whole length, sends half. */
function writeHalf(response: ServerResponse, answer: string): Promise<void> {
  const bytes = Buffer.from(answer);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  return new Promise((resolve) => response.write(bytes.subarray(0, bytes.length / 2), () => resolve()));
}
