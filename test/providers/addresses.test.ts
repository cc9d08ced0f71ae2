import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createProvider, type ProviderFailure } from '../../providers/index.js';
import { classifyThrown } from '../../providers/classify-thrown.js';

const formats = ['openai', 'anthropic'] as const;

async function failureAt(kind: (typeof formats)[number], baseUrl: string): Promise<ProviderFailure> {
  const reply = await createProvider({ name: 'nowhere', kind, baseUrl }).call({
    upstreamModel: 'any',
    request: { messages: [{ role: 'user', content: 'Hi.' }] },
    apiKey: 'sk-test-7Yw3kQpLmN0aBcDe',
    adaptations: [],
    timeoutMs: 10_000,
    signal: new AbortController().signal,
  });
  if (reply.ok) throw new Error('expected a failure');
  return reply.failure;
}

/** A port of which nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe.each(formats)('addresses that do not answer, %s', (format) => {
  it('connection refused -> connection, saying where', async () => {
    const port = await closedPort();
    const failure = await failureAt(format, `http://127.0.0.1:${port}`);
    expect(failure).toMatchObject({ kind: 'connection', code: 'ECONNREFUSED' });
    expect(failure.message).toContain(`127.0.0.1:${port}`);
  });

  it.each([
    ['no URL', 'not a url'],
    ['another scheme', 'ftp://127.0.0.1/v1'],
    ['credentials in the URL', 'http://user:hunter2secret@127.0.0.1/v1'],
  ])('%s -> misconfigured', async (_, baseUrl) => {
    const failure = await failureAt(format, baseUrl);
    expect(failure.kind).toBe('misconfigured');
    expect(failure.message).not.toContain('hunter2secret');
  });

  it('TLS spoken to a plain server -> connection', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address === null || typeof address === 'string' ? 0 : address.port;
    expect(await failureAt(format, `https://127.0.0.1:${port}`)).toMatchObject({ kind: 'connection' });
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('errors thrown by fetch', () => {
  const thrown = (code: string) =>
    Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('detail'), { code }) });

  it.each([
    ['ENOTFOUND', 'misconfigured'],
    ['EAI_AGAIN', 'connection'],
    ['ECONNRESET', 'connection'],
    ['ETIMEDOUT', 'connection'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connection'],
    ['UND_ERR_SOCKET', 'connection'],
    ['CERT_HAS_EXPIRED', 'connection'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'connection'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ])('%s -> %s', (code, kind) => {
    expect(classifyThrown(thrown(code), 'https://api.example.com/v1')).toMatchObject({ kind, code });
  });

  it('several addresses refused -> connection, by the first', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const error = new TypeError('fetch failed', { cause: new AggregateError([refused]) });
    expect(classifyThrown(error, 'http://localhost:1')).toMatchObject({
      kind: 'connection',
      code: 'ECONNREFUSED',
    });
  });

  it('anything else -> connection, in its own words', () => {
    expect(classifyThrown('no error at all', 'http://localhost:1').kind).toBe('connection');
    expect(classifyThrown(new Error('odd'), 'http://localhost:1').message).toContain('odd');
  });
});
