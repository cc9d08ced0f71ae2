import { request, type Agent } from 'node:http';
import { StringDecoder } from 'node:string_decoder';

export interface Question {
  /** `/v1/chat/completions` of a gateway or a provider. */
  url: string;
  body: string;
  agent: Agent | undefined;
  /** Leaves after so many pieces of text. */
  leaveAfter?: number;
}

/** What became of one request. `cut`: the connection ended before the response did. */
export interface Asked {
  ending: 'whole' | 'cut' | 'left';
  status: number;
  /** x-holdfast-id */
  id: string | undefined;
  /** The text of a streamed answer; the whole body of another response. */
  text: string;
  /** The terminal marker came. */
  done: boolean;
  /** The error that was sent in the stream. */
  error: string | undefined;
  /** Milliseconds to the first text. */
  firstMs: number;
  /** Milliseconds to the end of the response. */
  wholeMs: number;
}

interface Chunk {
  choices?: { delta?: { content?: string } }[];
  error?: { message?: string };
}

/** Asks in OpenAI's format, with as little work as possible on this side. @throws Error when it cannot connect */
export function ask({ url, body, agent, leaveAfter = Infinity }: Question): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const since = (): number => performance.now() - startedAt;
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asking = request(url, { method: 'POST', headers, agent: agent ?? false }, (response) => {
      const { statusCode: status = 0, headers } = response;
      const id = headers['x-holdfast-id'];
      const streamed = headers['content-type']?.startsWith('text/event-stream') === true;
      const decoder = new StringDecoder('utf8');
      const asked: Asked = {
        ending: 'cut',
        status,
        id: typeof id === 'string' ? id : undefined,
        text: '',
        done: false,
        error: undefined,
        firstMs: NaN,
        wholeMs: NaN,
      };
      let rest = '';
      let pieces = 0;
      const read = (event: string): void => {
        const data = event.slice('data: '.length);
        if (data === '[DONE]') asked.done = true;
        else {
          const { choices, error } = JSON.parse(data) as Chunk;
          const text = choices?.[0]?.delta?.content ?? '';
          if (error !== undefined) asked.error = error.message ?? 'an error without a message';
          if (text === '') return;
          if (asked.text === '') asked.firstMs = since();
          asked.text += text;
          pieces += 1;
        }
      };
      response.on('data', (bytes: Buffer) => {
        if (!streamed) {
          asked.text += decoder.write(bytes);
          return;
        }
        const events = (rest + decoder.write(bytes)).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) read(event);
        if (pieces >= leaveAfter) {
          asked.ending = 'left';
          asking.destroy();
        }
      });
      response.on('end', () => (asked.ending = 'whole'));
      response.on('error', () => undefined);
      response.on('close', () => {
        asked.wholeMs = since();
        resolve(asked);
      });
    });
    asking.on('error', reject);
    asking.end(body);
  });
}
