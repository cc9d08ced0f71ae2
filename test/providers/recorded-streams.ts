import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ProviderCall, ProviderFormat } from '../../providers/index.js';

const recorded = z.strictObject({
  source: z.string(),
  /** Of one answer, each with the empty line that ends it. */
  events: z.array(z.string()),
  /** The same answer, plain. */
  body: z.unknown(),
  text: z.string(),
});

/** One answer in a wire format, as a plain body and as a stream. */
export type RecordedAnswer = z.infer<typeof recorded>;

export function recordedAnswer(format: ProviderFormat): RecordedAnswer {
  const file = new URL(`../fixtures/streams/${format}.json`, import.meta.url);
  return recorded.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** A plain call with time enough, unless the changes say otherwise. */
export function plainCall(changes: Partial<ProviderCall> = {}): ProviderCall {
  return {
    upstreamModel: 'any',
    request: { messages: [{ role: 'user', content: 'Say something.' }] },
    adaptations: [],
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** The same, streamed. */
export function streamedCall(changes: Partial<ProviderCall> = {}): ProviderCall {
  return plainCall({ stream: { firstTokenTimeoutMs: 30_000, idleTimeoutMs: 30_000 }, ...changes });
}
