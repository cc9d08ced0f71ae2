import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerParent } from './child-process.js';
import { planIn, wordAt, type Plan, type ProviderFacts, type ProviderInput } from './provider.js';

// A provider in OpenAI's format that does what the last message of a request tells it to, and little else, so that it
// takes no time of what is measured.
const state = { calls: 0, open: 0 };

const { keepAliveMs } = JSON.parse(process.argv[2] ?? '') as ProviderInput;
const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
  serve(request, response).catch(() => response.destroy());
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('the provider has no port');
process.once('SIGTERM', () => process.exit(0));
answerParent<ProviderFacts>(`http://127.0.0.1:${String(address.port)}`, {
  state: async () => ({ ...state, sockets: await connections() }),
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const body = JSON.parse(Buffer.concat(pieces).toString()) as {
    stream?: boolean;
    messages: { content: string }[];
  };
  const plan = planIn(body.messages.at(-1)?.content ?? '');
  state.calls += 1;
  state.open += 1;
  response.once('close', () => (state.open -= 1));
  if (plan.delayMs > 0) await sleep(plan.delayMs);
  if (body.stream === true) await stream(response, plan);
  else plain(response, plan);
}

function plain(response: ServerResponse, { tokens }: Plan): void {
  const content = Array.from({ length: tokens }, (_, at) => wordAt(at)).join('');
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  const body = { ...heading('chat.completion'), choices, usage: usageOf(tokens) };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function stream(response: ServerResponse, { tokens, gapMs, breaks }: Plan): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let at = 0; at < tokens; at += 1) {
    if (response.destroyed) return;
    if (at === breaks?.after) {
      if (breaks.how === 'reset') response.socket?.resetAndDestroy();
      else response.end();
      return;
    }
    response.write(chunk({ choices: [{ index: 0, delta: { content: wordAt(at) }, finish_reason: null }] }));
    if (gapMs > 0) await sleep(gapMs);
  }
  response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
  response.write(chunk({ choices: [], usage: usageOf(tokens) }));
  response.end('data: [DONE]\n\n');
}

const chunk = (fields: object): string =>
  `data: ${JSON.stringify({ ...heading('chat.completion.chunk'), ...fields })}\n\n`;

function heading(object: string): object {
  return { id: 'chatcmpl-1', object, created: 1_700_000_000, model: 'gpt-4' };
}

function usageOf(tokens: number): object {
  return { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens };
}

function connections(): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}
