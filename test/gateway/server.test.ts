import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Holdfast } from '../../client/index.js';
import { createGateway } from '../../gateway/app.js';
import { startServer, type GatewayServer } from '../../gateway/server.js';
import { createMetrics } from '../../telemetry/metrics.js';
import { testConfig } from '../support/test-config.js';
import { eventually } from '../support/eventually.js';
import { openRaw, rawRequest } from './raw-socket.js';

const json = { 'content-type': 'application/json' };
const chat = '/v1/chat/completions';
const limits = { headersMs: 300, requestMs: 600, stalledMs: 200, connections: 40 };

let server: GatewayServer;
let holdfast: Holdfast;
const warnings: string[] = [];

// Nothing here gets as far as Temporal or a provider.
beforeAll(async () => {
  holdfast = new Holdfast({ address: '127.0.0.1:1' });
  const nowhere = { openaiUrl: 'http://127.0.0.1:1/v1', anthropicUrl: 'http://127.0.0.1:1' };
  const app = createGateway({
    completions: { start: () => Promise.reject(new Error('nothing gets as far as this')) },
    metrics: createMetrics({ known: () => testConfig(nowhere).config }),
    holdfast,
    config: () => testConfig(nowhere).config,
    warn: (message, detail) => warnings.push(`${message}: ${detail}`),
    notReady: () => Promise.resolve(undefined),
    engineDown: () => false,
    draining: () => false,
  });
  server = await startServer({ fetch: app.fetch, port: 0, limits });
});
afterAll(async () => {
  await server.stop(100);
  await holdfast.close();
});

/** The service is still there, and nothing of what happened was a fault of its own. */
async function expectWell(): Promise<void> {
  expect((await fetch(`${server.url}/health/liveness`)).status).toBe(200);
  expect(warnings).toEqual([]);
}

describe('a body that is too large', () => {
  const fifty = 50 * 1_024 * 1_024;

  it('is refused by what it announces, before any of it came', async () => {
    await using raw = await openRaw(server.url);
    await raw.send(rawRequest('POST', chat, { ...json, 'content-length': String(fifty) }));
    expect(await raw.until(/payload_too_large.*\}/)).toMatch(/^HTTP\/1.1 413 /);
    await raw.closed;
    await expectWell();
  });

  it.each(['content-length', 'transfer-encoding'])(
    'is refused without being read whole, and its connection closed (%s)',
    async (how) => {
      await using raw = await openRaw(server.url);
      const head =
        how === 'content-length' ? { 'content-length': String(fifty) } : { 'transfer-encoding': 'chunked' };
      await raw.send(rawRequest('POST', chat, { ...json, ...head }));
      const piece = Buffer.alloc(256 * 1_024, 0x20);
      const chunk = Buffer.concat([
        Buffer.from(`${piece.length.toString(16)}\r\n`),
        piece,
        Buffer.from('\r\n'),
      ]);
      let sent = 0;
      while (sent < fifty && !raw.socket.destroyed) {
        await raw.send(how === 'content-length' ? piece : chunk);
        sent += piece.length;
      }
      await raw.closed;
      expect(raw.received()).toMatch(/^HTTP\/1.1 413 [^]*payload_too_large/);
      expect(sent).toBeLessThan(fifty);
      await expectWell();
    },
  );
});

describe('a slow or strange client', () => {
  it('that sends nothing, or headers without end, is let go', async () => {
    await using silent = await openRaw(server.url);
    await using slow = await openRaw(server.url);
    await slow.send(`POST ${chat} HTTP/1.1\r\nhost: gateway\r\n`);
    const trickle = setInterval(() => void slow.send('x-more: 1\r\n'), 50);
    await Promise.all([silent.closed, slow.closed]);
    clearInterval(trickle);
    expect(slow.received()).toMatch(/^HTTP\/1.1 408 /);
    await expectWell();
  });

  it('whose body trickles is let go', async () => {
    await using raw = await openRaw(server.url);
    await raw.send(rawRequest('POST', chat, { ...json, 'content-length': '1000' }, '{'));
    const trickle = setInterval(() => void raw.send(' '), 50);
    await raw.closed;
    clearInterval(trickle);
    expect(raw.received()).toMatch(/^HTTP\/1.1 408 /);
    await expectWell();
  });

  it('that leaves in the middle of its body is no fault', async () => {
    const raw = await openRaw(server.url);
    await raw.send(rawRequest('POST', chat, { ...json, 'content-length': '1000' }, '{'));
    await raw[Symbol.asyncDispose]();
    await sleep(50);
    await expectWell();
  });

  it('with a flood of headers is refused', async () => {
    await using raw = await openRaw(server.url);
    const flood = Array.from({ length: 5_000 }, (_, at) => `x-flood-${String(at)}: ${'y'.repeat(50)}\r\n`);
    await raw.send(`GET /v1/models HTTP/1.1\r\nhost: gateway\r\n${flood.join('')}\r\n`);
    await raw.closed;
    expect(raw.received()).toMatch(/^HTTP\/1.1 431 /);
    await expectWell();
  });

  it.each([
    ['two lengths', 'content-length: 4\r\ncontent-length: 5\r\n\r\n{}{}'],
    ['a length and chunks', 'content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['chunks twice over', 'transfer-encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'x-a: 1\r\n transfer-encoding: chunked\r\n\r\n'],
    ['a bare newline', 'content-length: 0\n\n'],
  ])('that could smuggle a request in is refused: %s', async (_, rest) => {
    await using raw = await openRaw(server.url);
    await raw.send(
      `POST ${chat} HTTP/1.1\r\nhost: gateway\r\n${rest}GET /v1/models HTTP/1.1\r\nhost: g\r\n\r\n`,
    );
    await raw.closed;
    expect(raw.received()).toMatch(/^HTTP\/1.1 400 /);
    expect(raw.received()).not.toMatch(/HTTP\/1.1 200/);
    await expectWell();
  });

  it.each([
    ['no host', 'GET /v1/models HTTP/1.1\r\n\r\n'],
    ['a host that is none', 'GET /v1/models HTTP/1.1\r\nhost: a b\r\n\r\n'],
    ['no HTTP at all', '\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n'],
    ['a method that is none', 'GRAB /v1/models HTTP/1.1\r\nhost: gateway\r\n\r\n'],
  ])('with %s is refused', async (_, text) => {
    await using raw = await openRaw(server.url);
    await raw.send(text);
    expect(await raw.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 400 /);
    await expectWell();
  });

  it.each(['whole', 'streamed'])('that does not take its response is let go (%s)', async (how) => {
    let left = false;
    const endless = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(Buffer.alloc(1_024 * 1_024, 0x78)),
        cancel: () => {
          left = true;
        },
      });
    let began = false;
    const large = await startServer({
      port: 0,
      limits,
      fetch: () => {
        began = true;
        return new Response(how === 'whole' ? 'x'.repeat(64 * 1_024 * 1_024) : endless());
      },
    });
    await using raw = await openRaw(large.url);
    raw.socket.pause();
    await raw.send(rawRequest('GET', '/', {}));
    await eventually(() => expect(began).toBe(true));
    // It waits for responses to end.
    await large.stop(1_000_000);
    if (how === 'streamed') await eventually(() => expect(left).toBe(true));
  });

  it('beyond the most connections is closed at once, until others have left', async () => {
    const small = await startServer({
      port: 0,
      limits: { ...limits, connections: 2 },
      fetch: () => new Response('here'),
    });
    const first = await openRaw(small.url);
    await using second = await openRaw(small.url);
    await using third = await openRaw(small.url);
    await third.closed;
    await second.send(rawRequest('GET', '/', {}));
    await second.until(/here/);
    await first[Symbol.asyncDispose]();
    await eventually(async () => {
      await using fourth = await openRaw(small.url);
      await fourth.send(rawRequest('GET', '/', {}));
      await fourth.until(/here/);
    });
    await small.stop(100);
  });
});

describe('methods and content types', () => {
  const call = (path: string, init: RequestInit): Promise<Response> => fetch(`${server.url}${path}`, init);

  it('a wrong method is refused in the wire’s form, with those that are right', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const response = await call('/v1/messages', { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST, OPTIONS');
      expect(await response.json()).toMatchObject({ type: 'error' });
    }
    const models = await call('/v1/models', { method: 'POST' });
    expect([models.status, models.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect((await call('/v1/nothing', { method: 'POST' })).status).toBe(404);
    await using raw = await openRaw(server.url);
    await raw.send(rawRequest('TRACE', '/v1/models', {}));
    expect(await raw.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 405 /);
  });

  it('HEAD has no body, OPTIONS says what a page may send', async () => {
    const head = await call('/v1/models', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await call(chat, { method: 'HEAD' })).status).toBe(405);
    const asked = { origin: 'http://localhost', 'access-control-request-headers': 'authorization,x-api-key' };
    const options = await call(chat, { method: 'OPTIONS', headers: asked });
    expect(options.status).toBe(204);
    expect(options.headers.get('access-control-allow-methods')).toMatch(/POST/);
    expect(options.headers.get('access-control-allow-headers')).toMatch(/authorization.*x-api-key/);
  });

  it('JSON is taken, also without a content type; anything else is refused', async () => {
    const withType = async (type?: string, more = {}): Promise<number> => {
      await using raw = await openRaw(server.url);
      const headers = {
        ...(type === undefined ? {} : { 'content-type': type }),
        ...more,
        'content-length': '2',
      };
      await raw.send(rawRequest('POST', chat, headers, '{}'));
      return Number(/^HTTP\/1.1 (\d+)/.exec(await raw.until(/\r\n\r\n/))?.[1]);
    };
    // 400: read, and found to name no model.
    for (const type of [
      undefined,
      'application/json',
      'Application/JSON; charset=utf-8',
      'application/vnd.x+json',
    ]) {
      expect(await withType(type), type).toBe(400);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', '']) {
      expect(await withType(type), type).toBe(415);
    }
    expect(await withType('application/json', { 'content-encoding': 'gzip' })).toBe(415);
  });
});

describe('stopping', () => {
  /** A server whose responses the test ends. */
  async function startHeld(): Promise<{
    held: GatewayServer;
    began: number;
    signals: AbortSignal[];
    end: () => void;
  }> {
    let end = (): void => undefined;
    const state = { began: 0, signals: [] as AbortSignal[], end: () => end() };
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const held = await startServer({
      port: 0,
      fetch: async ({ signal }) => {
        state.began += 1;
        state.signals.push(signal);
        await ended;
        return new Response('whole');
      },
    });
    return Object.assign(state, { held });
  }

  it('lets running responses end, takes no new connection, and leaves none open', async () => {
    const state = await startHeld();
    await using idle = await openRaw(state.held.url);
    await using busy = await openRaw(state.held.url);
    await busy.send(rawRequest('GET', '/', { connection: 'keep-alive' }));
    await eventually(() => expect(state.began).toBe(1));
    let stopped = false;
    const stopping = state.held.stop(60_000).then(() => (stopped = true));
    await idle.closed;
    await expect(fetch(state.held.url)).rejects.toThrow();
    expect(stopped).toBe(false);
    state.end();
    expect(await busy.until(/whole/)).toMatch(/^HTTP\/1.1 200/);
    // Kept alive, it would be open for another minute.
    await Promise.all([stopping, busy.closed]);
  });

  it('a response that is written but not yet taken comes whole', async () => {
    const size = 16 * 1_024 * 1_024;
    let began = false;
    const held = await startServer({
      port: 0,
      fetch: () => {
        began = true;
        return new Response('x'.repeat(size));
      },
    });
    await using slow = await openRaw(held.url);
    slow.socket.pause();
    await slow.send(rawRequest('GET', '/', {}));
    await eventually(() => expect(began).toBe(true));
    await sleep(20);
    const stopping = held.stop(60_000);
    await sleep(20);
    slow.socket.resume();
    await Promise.all([stopping, slow.closed]);
    expect(slow.received().split('\r\n\r\n')[1]).toHaveLength(size);
  });

  it('ends those that take longer than it waits, and says so to whoever works on them', async () => {
    const state = await startHeld();
    await using busy = await openRaw(state.held.url);
    await busy.send(rawRequest('GET', '/', {}));
    await eventually(() => expect(state.began).toBe(1));
    expect(state.signals[0]?.aborted).toBe(false);
    await state.held.stop(100);
    await busy.closed;
    await eventually(() => expect(state.signals[0]?.aborted).toBe(true));
    state.end();
  });
});
