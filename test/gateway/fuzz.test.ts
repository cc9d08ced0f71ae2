import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startHostileServer, type HostileServer } from '../support/hostile-server.js';
import { startGatewayKit, type GatewayKit } from './gateway-kit.js';
import { answerOf as scriptedAnswer, bytes, json, streams, wholes } from './hostile-scripts.js';
import {
  answerOf,
  endsCleanly,
  errorIn,
  pathOf,
  sendBytes,
  textIn,
  wireNames,
  type Answer,
  type WireName,
} from './raw-http.js';
import { pathsOf, rich, spoiled, type Path } from './rich-requests.js';

let hostile: HostileServer;
let gateway: GatewayKit;
/** A provider that takes anything, so that what a vendor would refuse gets as far as it can. */
beforeAll(async () => {
  hostile = await startHostileServer();
  const models: Record<string, object> = {};
  for (const format of wireNames) {
    const plain = hostile.serve({ ...json, pieces: bytes([wholes[format]]), then: 'end' });
    const streamed = hostile.serve({ pieces: bytes(scriptedAnswer(streams[format])), then: 'end' });
    models[`${format}-plain`] = { provider: format, contextWindow: 200_000, upstreamModel: plain };
    models[`${format}-streamed`] = { provider: format, contextWindow: 200_000, upstreamModel: streamed };
  }
  gateway = await startGatewayKit({
    policy: {
      providers: {
        openai: { kind: 'openai', baseUrl: `${hostile.url}/v1`, keys: ['env:TEST_KEY'] },
        anthropic: { kind: 'anthropic', baseUrl: hostile.url, keys: ['env:TEST_KEY'] },
      },
      models,
      chains: { default: ['openai-plain'] },
      strategies: {},
    },
  });
});
afterEach(async () => {
  const alive = await fetch(`${gateway.url}/health/liveness`);
  expect(alive.status).toBe(200);
  expect(gateway.warnings).toEqual([]);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await hostile.stop();
});

/** Longer than any answer takes here; only a request that hangs is ended by it. */
const patienceMs = 20_000;

async function send(wire: WireName, body: string | Uint8Array<ArrayBuffer>): Promise<Answer> {
  const response = await fetch(gateway.url + pathOf[wire], {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(patienceMs),
  });
  return answerOf(response);
}

function expectRefusal(wire: WireName, answer: Answer): void {
  expect(answer.status, answer.body).toSatisfy((status: number) => status >= 400 && status < 500);
  expect(errorIn(wire, answer.json).message).not.toBe('');
  expect(answer.headers.get('x-should-retry')).toBe('false');
}

interface Spoiled {
  changes: [Path, unknown][];
  stream: boolean;
  format: WireName;
}

/** Values that stand where another was expected; `undefined` takes the field away. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', ' ', 0, -1, 1e308, true, [], {}, [[]], '\u0000', '\ud800'),
  fc.constantFrom<unknown>('__proto__', 'constructor', 'x'.repeat(5_000), { ['__proto__']: 1 }, [null]),
  fc.jsonValue({ maxDepth: 2 }),
);

describe.each(wireNames)('anything sent to the gateway in the place of %s’s format', (wire) => {
  it('bytes that are no request are refused in form', async () => {
    const almost = JSON.stringify(rich[wire]);
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc.nat(almost.length - 1).map((end) => new TextEncoder().encode(almost.slice(0, end))),
    );
    await fc.assert(
      fc.asyncProperty(anyBytes, async (body) => {
        expectRefusal(wire, await send(wire, new Uint8Array(body)));
      }),
      { numRuns: 100 },
    );
  });

  it('a request that is spoiled in places is refused in form, or answered', async () => {
    const paths = pathsOf(rich[wire]);
    const request = fc.record({
      changes: fc.array(fc.tuple(fc.constantFrom(...paths), odd), { maxLength: 2 }),
      stream: fc.boolean(),
      format: fc.constantFrom(...wireNames),
    });
    let answered = 0;
    const tryOne = async ({ changes, stream, format }: Spoiled): Promise<void> => {
      const asked = changes.reduce<unknown>((body, [path, by]) => spoiled(body, path, by), rich[wire]);
      const model = `${format}-${stream ? 'streamed' : 'plain'}`;
      const answer = await send(wire, JSON.stringify(Object.assign({}, asked, { model, stream })));
      if (answer.status !== 200) {
        expectRefusal(wire, answer);
        return;
      }
      answered += 1;
      expect(textIn(wire, answer)).toBe('Hello there.');
      if (stream) expect(endsCleanly(wire, answer)).toBe(true);
    };
    // Several at a time: what is waited for is the engine.
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 10, maxLength: 10 }), async (requests) => {
        await Promise.all(requests.map(tryOne));
      }),
      { numRuns: 6 },
    );
    // Otherwise the request was wrong from the beginning, and nothing was tried.
    expect(answered).toBeGreaterThan(0);
  });
});

describe('what is too much, or no HTTP', () => {
  const head = `POST /v1/messages HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n`;
  const tooLarge = 50_000_000;

  it('50 MB, announced, are refused before they are read', async () => {
    const answer = await sendBytes(gateway.url, `${head}content-length: ${tooLarge}\r\n\r\n{"model":`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"request_too_large"');
  });

  it('50 MB, unannounced, are refused', async () => {
    const piece = 'x'.repeat(65_536);
    const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`;
    const chunks = chunk.repeat(Math.ceil(tooLarge / piece.length));
    const answer = await sendBytes(
      gateway.url,
      `${head}transfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^(HTTP\/1\.1 413 |$)/);
  });

  it('a flood of headers is refused', async () => {
    const flood = Array.from({ length: 5_000 }, (_, at) => `x-${String(at)}: ${'y'.repeat(20)}\r\n`).join('');
    expect(await sendBytes(gateway.url, `${head}${flood}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('a body that ends before its length leaves nothing behind', async () => {
    await sendBytes(gateway.url, `${head}content-length: 100\r\n\r\n{"model":`);
    // What is said of it to the operator is no matter here.
    gateway.warnings.length = 0;
  });

  it('bytes that are no HTTP are refused', async () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc
        .string({ unit: 'binary', minLength: 1 })
        .map((text) => new TextEncoder().encode(`${head}${text}\r\n\r\n`)),
    );
    await fc.assert(
      fc.asyncProperty(anyBytes, async (sent) => {
        expect(await sendBytes(gateway.url, sent)).not.toMatch(/^HTTP\/1\.1 [25]/);
      }),
      { numRuns: 12 },
    );
  });
});
