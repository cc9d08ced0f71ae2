import { expect, it } from 'vitest';
import { ask, readStream } from '../gateway/asking.js';
import { startGatewayKit, type GatewayKit, type GatewayKitOptions } from '../gateway/gateway-kit.js';
import { step } from '../support/fake-provider.js';
import { isRecorded, save } from './recorded-file.js';

// Histories of completions whose callers were connected to a gateway: npm run record-histories.

const model = 'gpt-4';
const second = 'claude-3-opus-20240229';

interface Recording {
  options?: GatewayKitOptions;
  /** Runs one completion to its end, and returns its id. */
  run: (gateway: GatewayKit) => Promise<string>;
}

const idOf = (response: Response): string => response.headers.get('x-holdfast-id') ?? '';

const recordings: Record<string, Recording> = {
  'connected-streamed': {
    run: async ({ url, kit: { provider } }) => {
      provider.plan(model, step.status(401));
      provider.plan(second, step.once(step.status(503)), step.answer('Hello, token by token'));
      const response = await ask(url, { model: 'chain:default', stream: true });
      expect(await readStream(response)).toMatchObject({ done: true });
      return idOf(response);
    },
  },
  'connected-process-gone': {
    options: { apart: true, polls: false },
    run: async ({ url, kit: { provider } }) => {
      provider.plan(model, step.answer('Hello from another process'));
      return idOf(await ask(url, { model }));
    },
  },
  'connected-client-left': {
    run: async ({ url, kit: { provider, holdfast } }) => {
      provider.plan(model, step.stream('An answer that nobody waits for', { gapMs: 60_000 }));
      const leaving = new AbortController();
      const response = await ask(url, { model, stream: true, signal: leaving.signal });
      leaving.abort();
      const id = idOf(response);
      await expect(holdfast.get(id).result()).rejects.toThrow();
      return id;
    },
  },
};

for (const [name, { options, run }] of Object.entries(recordings)) {
  it.skipIf(isRecorded(name))(name, async () => {
    await using gateway = await startGatewayKit(options);
    const id = await run(gateway);
    await gateway.kit.holdfast
      .get(id)
      .result()
      .catch(() => undefined);
    await save(gateway.kit, name, id);
  });
}
