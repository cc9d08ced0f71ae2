import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { anthropicStreamReader, readAnthropic } from '../../wire/anthropic/index.js';
import type { Expected } from '../../wire/reading.js';
import type { ServerSentEvent } from '../../wire/stream.js';
import { event } from './anthropic-events.js';

/** An answer as the vendor gives it. Where the plain body and the stream are both there, they are the same answer. */
interface Fixture {
  name: string;
  /** Where its shape was seen. */
  source: string;
  expected: Expected;
  body?: unknown;
  events?: { type: string }[];
  reading: object;
}

const folder = new URL('../fixtures/answers/anthropic/', import.meta.url);
const fixtures = readdirSync(folder).flatMap(
  (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture[],
);
const plain = fixtures.filter(({ body }) => body !== undefined);
const streamed = fixtures.filter(({ events }) => events !== undefined);

function read(events: ServerSentEvent[], expected: Expected) {
  const reader = anthropicStreamReader(expected);
  for (const each of events) reader.take(each);
  return reader.end();
}

/** The whole events in a text, however it ends. */
function eventsIn(text: string): ServerSentEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((lines) => {
      const [, name, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(lines) ?? [];
      return { event: name, data };
    });
}

describe('answers as Anthropic gives them', () => {
  it('are of every kind', () => {
    const reasons = JSON.stringify(fixtures).matchAll(/"stop_reason":"(\w+)"/g);
    expect(new Set([...reasons].map(([, reason]) => reason))).toEqual(
      new Set([
        'end_turn',
        'stop_sequence',
        'max_tokens',
        'tool_use',
        'refusal',
        'pause_turn',
        'model_context_window_exceeded',
      ]),
    );
    for (const { source } of fixtures) expect(source).toMatch(/https:\/\//);
  });

  it.each(plain)('plain: $name', ({ body, expected, reading }) => {
    expect(readAnthropic(body, expected)).toEqual(reading);
  });

  it.each(streamed)('streamed: $name', ({ events = [], expected, reading }) => {
    expect(read(events.map(event), expected)).toMatchObject(reading);
    const { is } = reading as { is: string };
    if (is === 'answer') expect(read(events.map(event), expected)).toEqual(reading);
  });

  it.each(streamed)('cut at any byte of its stream it is none: $name', ({ events = [], expected }) => {
    const bytes = Buffer.from(
      events
        .map(event)
        .map(({ event: name, data }) => `event: ${name ?? ''}\ndata: ${data}\n\n`)
        .join(''),
    );
    const counts = new Set<number>();
    for (let length = 0; length < bytes.length; length += 1) {
      const whole = eventsIn(bytes.subarray(0, length).toString());
      // Bytes that complete no further event leave the same reading.
      if (counts.has(whole.length)) continue;
      counts.add(whole.length);
      expect(read(whole, expected).is).not.toBe('answer');
    }
    expect(counts.size).toBe(events.length);
  });
});
