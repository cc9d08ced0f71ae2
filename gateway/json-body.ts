import { withoutKeys } from './access/key-file.js';
import { largestRequestBytes } from '../contracts/completion.js';
import { invalid, type Problem } from './problem.js';

/** JSON writes some characters with six bytes; what is recorded is measured after that. */
const largestBodyBytes = largestRequestBytes * 4;

/** What a request's body says, or why it says nothing. A body that announces too much is not read at all. */
export async function jsonOf(request: Request): Promise<{ value: unknown } | { problem: Problem }> {
  const unfit = unfitHeaders(request.headers);
  if (unfit !== undefined) return { problem: unfit };
  let text: string | undefined;
  try {
    text = request.headers.has('content-length') ? await request.text() : await textWithin(request);
  } catch {
    // The client left or was too slow: nobody reads this.
    return { problem: invalid('the body did not come whole', undefined, 400, 'incomplete_body') };
  }
  if (text === undefined) return { problem: tooLarge() };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: invalid('the body is not JSON') };
  }
}

function unfitHeaders(headers: Headers): Problem | undefined {
  const type = headers.get('content-type');
  const [media = ''] = (type ?? '').split(';');
  // Besides, a page of a browser cannot send JSON to another site without asking that first.
  if (type !== null && !/^\s*application\/([\w.-]+\+)?json\s*$/i.test(media)) {
    const message = `Content-Type is ${JSON.stringify(withoutKeys(media.slice(0, 100)))}: the body must be JSON, sent as application/json`;
    return invalid(message, undefined, 415, 'unsupported_media_type');
  }
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    return invalid('Content-Encoding: send the body uncompressed', undefined, 415, 'unsupported_encoding');
  }
  return Number(headers.get('content-length') ?? 0) > largestBodyBytes ? tooLarge() : undefined;
}

/** A body whose length is not known before; undefined when it is too long. */
async function textWithin({ body }: Request): Promise<string | undefined> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = body?.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const piece = await reader?.read();
    if (piece?.value === undefined) return Buffer.concat(pieces).toString('utf8');
    size += piece.value.length;
    // Not cancelled: that would take the connection away before the response is sent.
    if (size > largestBodyBytes) return undefined;
    pieces.push(piece.value);
  }
}

function tooLarge(): Problem {
  const message = `the body is larger than ${String(largestBodyBytes)} bytes`;
  return invalid(message, undefined, 413, 'payload_too_large');
}
