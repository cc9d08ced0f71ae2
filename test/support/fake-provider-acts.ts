import type { ServerResponse } from 'node:http';
import { errorBody } from './fake-provider-bodies.js';
import { send } from './fake-provider-http.js';
import type { AnswerOptions, FakeCall, Step } from './fake-provider-steps.js';
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
  switch (action.kind) {
    case 'answer': {
      const answer = await write(action.text, action.options);
      if (action.options.delayMs !== undefined) await pause(action.options.delayMs, left);
      if (!left.aborted) send(response, 200, answer);
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
      if (action.when === 'in_body') await writeHalf(response, await write('never finished', {}));
      return;
    case 'cut_body':
      await writeHalf(response, await write('cut in the middle', {}));
      response.destroy();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
  }
}

/** Announces the whole length, sends half. */
function writeHalf(response: ServerResponse, answer: string): Promise<void> {
  const bytes = Buffer.from(answer);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  return new Promise((resolve) => response.write(bytes.subarray(0, bytes.length / 2), () => resolve()));
}

function pause(ms: number, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    left.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
