import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ChatAnswer } from '../../../contracts/chat.js';
import { openAIStreamReader, readOpenAI } from '../../../wire/openai/index.js';
import type { Expected, Reading } from '../../../wire/reading.js';

interface Fixture {
  name: string;
  /** Where the shape was seen. */
  source: string;
  expected: Expected;
  whole: unknown;
  stream: { choices: { finish_reason: string | null }[] }[];
  answer: ChatAnswer;
}

const folder = new URL('../../fixtures/answers/openai/', import.meta.url);
const fixtures = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture,
);

function readStream(events: readonly object[], expected: Expected): Reading {
  const reader = openAIStreamReader(expected);
  for (const event of events) reader.take({ data: JSON.stringify(event) });
  return reader.end();
}

describe.each(fixtures)('$name', ({ source, expected, whole, stream, answer }) => {
  it('says where its shape was seen', () => {
    expect(source).toMatch(/https:|npm/);
  });

  it('whole and streamed is the same answer', () => {
    expect(readOpenAI(whole, expected)).toEqual({ is: 'answer', answer });
    expect(readStream(stream, expected)).toEqual({ is: 'answer', answer });
  });

  it('cut after any event before its last finish marker is no answer', () => {
    const last = stream.findLastIndex(({ choices }) =>
      choices.some(({ finish_reason: reason }) => reason !== null),
    );
    for (let kept = 0; kept <= last; kept += 1) {
      expect(readStream(stream.slice(0, kept), expected).is).toBe('truncated');
    }
  });
});

it('covers what the format has', () => {
  const shapes = ['plain', 'tool', 'schema', 'refusal', 'max_tokens', 'probabilities', 'reasoning', 'Azure'];
  for (const shape of shapes) {
    expect([shape, fixtures.some(({ name }) => name.includes(shape))]).toEqual([shape, true]);
  }
});
