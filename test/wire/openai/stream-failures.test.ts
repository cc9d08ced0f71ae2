import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../wire/reading.js';
import type { ServerSentEvent } from '../../../wire/stream.js';
import { lenient } from './any-chat.js';
import { chunk, done, event, readEvents } from './read.js';

describe('what is no answer in a stream', () => {
  const hello = chunk({ content: 'Hello' });
  it.each<[string, ServerSentEvent[], Reading['is']]>([
    ['nothing at all', [], 'truncated'],
    ['a cut without a finish_reason', [hello], 'truncated'],
    ['an end marker without a finish_reason', [hello, done], 'truncated'],
    ['an empty finish_reason', [hello, chunk({}, ''), done], 'truncated'],
    ['no text', [chunk({ role: 'assistant', content: '' }), chunk({}, 'stop'), done], 'empty'],
    ['only reasoning', [chunk({ reasoning: 'hm' }), chunk({}, 'stop'), done], 'empty'],
    ['an end and no choice', [done], 'malformed'],
    [
      'a choice with a number too high',
      [event({ choices: [{ index: 1, delta: { content: 'x' }, finish_reason: 'stop' }] }), done],
      'malformed',
    ],
    [
      'a tool call nobody offered',
      [
        chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'x' } }] }),
        chunk({}, 'tool_calls'),
        done,
      ],
      'malformed',
    ],
  ])('%s', (_, events, is) => {
    expect(readEvents(events, { tools: false, silence: false }).reading.is).toBe(is);
  });

  it.each<[string, ServerSentEvent, string]>([
    ['OpenAI', event({ error: { message: 'overloaded', type: 'server_error' } }), 'overloaded'],
    ['Groq', { event: 'error', data: '{"error":{"message":"over capacity"}}' }, 'over capacity'],
    ['a named event', { event: 'error', data: '{"reason":"tired"}' }, 'tired'],
    [
      'a named event of words',
      { event: 'error', data: 'upstream gone' },
      '{"error":{"message":"upstream gone"}}',
    ],
    ['vLLM', event({ object: 'error', message: 'out of memory', code: 500 }), 'out of memory'],
    ['Cohere', event({ message: 'internal' }), 'internal'],
    ['OpenRouter', chunk({ content: '' }, 'error', { error: { code: 502, message: 'gone' } }), 'gone'],
    ['a bare reason', chunk({}, 'error'), '"finish_reason":"error"'],
    ['an error where the choices should be', event({ choices: 7, error: '' }), '"error":""'],
  ])('an error in the stream (%s) is handed over, and the answer is none', (_, failing, words) => {
    const { steps, reading } = readEvents([hello, failing, chunk({}, 'stop'), done]);
    expect(steps[1]?.error).toContain(words);
    expect(() => JSON.parse(steps[1]?.error ?? '') as unknown).not.toThrow();
    expect(steps.slice(2)).toEqual([{ deltas: [] }, { deltas: [] }]);
    expect(reading).toEqual({ is: 'error' });
  });

  it('an error after the finish marker, with the tokens that were paid for', () => {
    const usage = { usage: { prompt_tokens: 10, completion_tokens: 5 } };
    const { reading } = readEvents([hello, chunk({}, 'stop', usage), event({ error: { message: 'x' } })]);
    expect(reading).toEqual({ is: 'error', usage: { inputTokens: 10, outputTokens: 5 } });
  });

  it.each<[string, ServerSentEvent, string]>([
    ['half a JSON', { data: '{"choices":[{"del' }, 'not JSON'],
    ['a wrong type', chunk({ content: 7 }), 'choices.0.delta.content'],
  ])('%s is malformed, and named', (_, broken, named) => {
    const { steps, reading } = readEvents([hello, broken, chunk({}, 'stop'), done]);
    expect(steps[1]?.malformed).toContain(named);
    expect(reading).toEqual({ is: 'malformed', because: steps[1]?.malformed });
  });

  it('fewer answers than were asked for, unless the server itself ended there', () => {
    const whole = [hello, chunk({}, 'stop')];
    const two = { ...lenient, choices: 2 };
    expect(readEvents(whole, two).reading.is).toBe('truncated');
    expect(readEvents([...whole, done], two).reading.is).toBe('answer');
  });
});
