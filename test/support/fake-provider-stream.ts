import type { ServerResponse } from 'node:http';
import { setInterval } from 'node:timers';
import { errorBody } from './fake-provider-bodies.js';
import { parseObject, pause } from './fake-provider-http.js';
import type { FakeCall, StreamShape } from './fake-provider-steps.js';

/** How often a server that has nothing to say shows that it is alive. */
const pingEveryMs = 10;

const pings = {
  // As OpenRouter writes them.
  openai: ': OPENROUTER PROCESSING\n\n',
  anthropic: 'event: ping\ndata: {"type": "ping"}\n\n',
};

/** Azure's first chunk: what its filters say of the prompt, and no choice. */
const azureFirst = `data: ${JSON.stringify({
  choices: [],
  created: 0,
  id: '',
  model: '',
  object: '',
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
})}\n\n`;

/** Sends the events of an answer in the shape that is asked for. */
export async function sendStream(
  response: ServerResponse,
  { format, model }: FakeCall,
  events: string[],
  shape: StreamShape,
  left: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  const write = (event: string): Promise<void> =>
    new Promise((resolve) => response.write(event, () => resolve()));
  /** Silent, or with nothing but signs of life; for ever without a time. */
  const wait = async (ms?: number): Promise<void> => {
    const alive =
      shape.pings === true ? setInterval(() => void write(pings[format]), pingEveryMs) : undefined;
    await pause(ms, left);
    clearInterval(alive);
  };
  const cutAfter = shape.cutAfter === 'half' ? Math.floor(events.length / 2) : shape.cutAfter;
  let tokens = 0;
  if (shape.pings === true && format === 'openai') await write(azureFirst);
  for (const [sent, event] of events.entries()) {
    if (left.aborted) return;
    if (cutAfter === sent) {
      response.destroy();
      return;
    }
    if (isToken(event)) {
      if (shape.errorAfter?.tokens === tokens) {
        const body = errorBody(format, 200, model, shape.errorAfter.error);
        response.end(format === 'openai' ? `data: ${body}\n\n` : `event: error\ndata: ${body}\n\n`);
        return;
      }
      if (shape.stallAfter === tokens) return wait();
      if (tokens === 0) await wait(shape.firstTokenAfterMs ?? 0);
      else if (shape.gapMs !== undefined) await wait(shape.gapMs);
      tokens += 1;
    }
    await write(event);
  }
  response.end();
}

/** True for an event that brings a piece of the answer. */
function isToken(event: string): boolean {
  const data = parseObject(/^data: (.*)$/m.exec(event)?.[1] ?? '');
  if (data?.['type'] === 'content_block_delta') return true;
  return /"(?:content|reasoning_content|refusal|arguments)":"[^"]/.test(
    JSON.stringify(data?.['choices'] ?? ''),
  );
}
