import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAIStreamReader, readOpenAI, writeOpenAI } from '../../../wire/openai/index.js';
import type { Expected, Reading } from '../../../wire/reading.js';
import type { ServerSentEvent, StreamStep } from '../../../wire/stream.js';
import { anyCarriedAnswer, lenient } from './any-chat.js';
import { fragmentsOf } from './fragments.js';

interface Seen {
  steps: StreamStep[];
  reading: Reading;
}

function readEvents(events: readonly ServerSentEvent[], expected: Expected = lenient): Seen {
  const reader = openAIStreamReader(expected);
  const steps = events.map((event) => reader.take(event));
  return { steps, reading: reader.end() };
}

const event = (fields: object): ServerSentEvent => ({ data: JSON.stringify(fields) });
const chunk = (delta: object | null, finishReason: string | null = null, fields: object = {}) =>
  event({ id: 'c1', model: 'm', choices: [{ index: 0, delta, finish_reason: finishReason, ...fields }] });
const done: ServerSentEvent = { data: '[DONE]' };
const deltasOf = ({ steps }: Seen) => steps.flatMap(({ deltas }) => deltas);

describe('a stream in the OpenAI format', () => {
  it('reads as the same answer sent whole, however it was cut into pieces', () => {
    fc.assert(
      fc.property(anyCarriedAnswer, fc.gen(), (answer, any) => {
        const { responseId: id = '', upstreamModel: model = '' } = answer;
        const body = writeOpenAI(answer, { id, model, created: 1 });
        const { reading, steps } = readEvents(fragmentsOf(body, any));
        expect(reading).toEqual(readOpenAI(body, lenient));
        expect(reading).toEqual({ is: 'answer', answer });
        expect(steps.at(-1)).toEqual({ deltas: [], ended: true });
      }),
    );
  });

  it('tells each piece once: together they are the answer', () => {
    fc.assert(
      fc.property(anyCarriedAnswer, fc.gen(), (answer, any) => {
        const body = writeOpenAI(answer, { id: 'c1', model: 'm', created: 1 });
        const deltas = deltasOf(readEvents(fragmentsOf(body, any)));
        [answer, ...(answer.furtherChoices ?? [])].forEach((choice, index) => {
          const mine = deltas.filter((delta) => delta.choice === index);
          const said = mine.map((delta) =>
            delta.type === 'text' || delta.type === 'refusal' ? delta.text : '',
          );
          const thought = mine.map((delta) => (delta.type === 'reasoning' ? delta.text : ''));
          expect(said.join('')).toBe(choice.text);
          expect(thought.join('')).toBe(choice.reasoning?.[0]?.text ?? '');
          const calls = (choice.toolCalls ?? []).map((_, at) => {
            const fragments = mine.filter((delta) => delta.type === 'tool_call' && delta.index === at);
            return fragments.reduce<object>(
              (call, delta) =>
                delta.type === 'tool_call'
                  ? {
                      ...call,
                      ...(delta.id === undefined ? {} : { id: delta.id }),
                      ...(delta.name === undefined ? {} : { name: delta.name }),
                      arguments: ('arguments' in call ? String(call.arguments) : '') + delta.arguments,
                    }
                  : call,
              {},
            );
          });
          expect(calls).toEqual(choice.toolCalls ?? []);
        });
      }),
    );
  });

  it('cut after any event before its last finish marker is never an answer', () => {
    fc.assert(
      fc.property(anyCarriedAnswer, fc.gen(), (answer, any) => {
        const body = writeOpenAI(answer, { id: 'c1', model: 'm', created: 1 });
        const events = fragmentsOf(body, any);
        const last = events.findLastIndex(({ data }) => /"finish_reason":"/.test(data));
        const expected = { ...lenient, choices: body.choices.length };
        for (let kept = 0; kept <= last; kept += 1) {
          expect(readEvents(events.slice(0, kept), expected).reading.is).toBe('truncated');
        }
        expect(readEvents(events.slice(0, last + 1), expected).reading.is).toBe('answer');
      }),
    );
  });

  it('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), fc.string())), (values) => {
        const events = values.map((value) => ({
          data: typeof value === 'string' ? value : JSON.stringify(value),
        }));
        expect(readEvents(events).reading.is).not.toBe('answer');
      }),
    );
  });
});

describe('what servers put between the pieces', () => {
  it('is no piece: pings, nulls, a role, the verdict of Azure on the prompt, usage', () => {
    const seen = readEvents([
      event({ id: '', model: '', object: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] }),
      { data: '' },
      { event: 'ping', data: 'not even JSON' },
      chunk({ role: 'assistant', content: '', refusal: null, tool_calls: null }),
      chunk(null),
      event({ id: 'c1', model: 'm', choices: [{ index: 0, content_filter_offsets: { check_offset: 1 } }] }),
      chunk({ content: 'Hello.', reasoning: null, reasoning_content: '' }),
      chunk({}, 'stop'),
      event({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } }),
      done,
      { data: 'what follows is not read' },
    ]);
    expect(deltasOf(seen)).toEqual([{ type: 'text', choice: 0, text: 'Hello.' }]);
    expect(seen.reading).toEqual({
      is: 'answer',
      answer: {
        text: 'Hello.',
        finishReason: 'stop',
        providerFinishReason: 'stop',
        responseId: 'c1',
        upstreamModel: 'm',
        usage: { inputTokens: 10, outputTokens: 5 },
      },
    });
  });

  it('of usage sent with every chunk, the last one counts', () => {
    const usage = (tokens: number) => event({ usage: { prompt_tokens: 10, completion_tokens: tokens } });
    expect(
      readEvents([usage(1), chunk({ content: 'Hi.' }), usage(2), chunk({}, 'stop'), done]).reading,
    ).toMatchObject({ is: 'answer', answer: { usage: { outputTokens: 2 } } });
  });

  it('a message that repeats what the pieces said is not read twice', () => {
    const seen = readEvents([
      chunk({ content: 'Hel' }, null, { message: { content: 'Hel' } }),
      chunk({ content: 'lo.' }, null, { message: { content: 'Hello.' } }),
      event({ choices: [{ index: 0, message: { content: 'Hello.' }, finish_reason: 'stop' }] }),
      done,
    ]);
    expect(seen.reading).toMatchObject({ is: 'answer', answer: { text: 'Hello.' } });
  });

  it('a whole answer sent as the only event is one', () => {
    const call = { id: 'a', function: { name: 'weather', arguments: '{}' } };
    const body = {
      choices: [{ message: { content: 'Hi.', tool_calls: [call] }, finish_reason: 'tool_calls' }],
    };
    const seen = readEvents([event(body)]);
    expect(seen.reading).toEqual(readOpenAI(body, lenient));
    expect(seen.reading.is).toBe('answer');
    expect(deltasOf(seen)).toHaveLength(2);
  });
});

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

describe('fragments of tool calls', () => {
  const fragments = (...each: object[][]) => {
    const events = each.map((calls) => chunk({ tool_calls: calls }));
    return readEvents([...events, chunk({}, 'tool_calls'), done]);
  };
  const call = (name: string, json: string, fields: object = {}) => ({
    ...fields,
    function: { name, arguments: json },
  });
  const more = (json: string, fields: object = {}) => ({ ...fields, function: { arguments: json } });
  const oslo = { id: 'a', name: 'weather', arguments: '{"city":"Oslo"}' };
  const rome = { id: 'b', name: 'weather', arguments: '{"city":"Rome"}' };

  it.each<[string, object[][], object[]]>([
    [
      'OpenAI: numbered, interleaved',
      [
        [call('weather', '', { index: 0, id: 'a' }), call('weather', '', { index: 1, id: 'b' })],
        [more('{"city":', { index: 0 }), more('{"city":', { index: 1 })],
        [more('"Rome"}', { index: 1 }), more('"Oslo"}', { index: 0 })],
      ],
      [oslo, rome],
    ],
    [
      'Ollama before 0.5: whole calls, no index',
      [[call('weather', oslo.arguments, { id: 'a' })], [call('weather', rome.arguments, { id: 'b' })]],
      [oslo, rome],
    ],
    [
      'whole calls in one chunk, no index',
      [[call('weather', oslo.arguments, { id: 'a' }), call('weather', rome.arguments, { id: 'b' })]],
      [oslo, rome],
    ],
    [
      'no index, one after the other in fragments',
      [
        [call('weather', '{"city":', { id: 'a' })],
        [more('"Oslo"}')],
        [call('weather', '', { id: 'b' })],
        [more('{"city":"Rome"}')],
      ],
      [oslo, rome],
    ],
    [
      'Gemini: every call has the index 0',
      [
        [call('weather', oslo.arguments, { index: 0, id: 'a' })],
        [call('weather', rome.arguments, { index: 0, id: 'b' })],
      ],
      [oslo, rome],
    ],
    [
      'the index 0 for every call, and no ids',
      [
        [call('weather', oslo.arguments, { index: 0, id: '' })],
        [call('weather', rome.arguments, { index: 0, id: '' })],
      ],
      [
        { ...oslo, id: 'call_c1_0_0' },
        { ...rome, id: 'call_c1_0_1' },
      ],
    ],
    [
      'vLLM once: another id with every fragment',
      [[call('weather', '{"city":', { index: 0, id: 'a' })], [more('"Oslo"}', { index: 0, id: 'x' })]],
      [oslo],
    ],
    [
      'id and name repeated with every fragment',
      [
        [call('weather', '{"city":', { index: 0, id: 'a' })],
        [call('weather', '"Oslo"}', { index: 0, id: 'a' })],
      ],
      [oslo],
    ],
    [
      'arguments as an object',
      [[{ id: 'a', function: { name: 'weather', arguments: { city: 'Oslo' } } }]],
      [oslo],
    ],
  ])('%s', (_, each, calls) => {
    expect(fragments(...each).reading).toMatchObject({ is: 'answer', answer: { toolCalls: calls } });
  });

  it('the older function_call comes in fragments too', () => {
    const events = [
      chunk({ function_call: { name: 'weather', arguments: '' } }),
      chunk({ function_call: { arguments: '{"city":' } }),
      chunk({ function_call: { arguments: '"Oslo"}' } }),
      chunk({}, 'function_call'),
      done,
    ];
    expect(readEvents(events).reading).toMatchObject({
      is: 'answer',
      answer: { finishReason: 'tool_calls', toolCalls: [{ ...oslo, id: 'call_c1_0_0' }] },
    });
  });

  it('a fragment that may belong to two calls makes the stream malformed, not one of the calls', () => {
    const { reading } = fragments(
      [call('weather', '{"city":', { id: 'a' }), call('weather', '{"city":', { id: 'b' })],
      [more('"Oslo"}')],
    );
    expect(reading.is).toBe('malformed');
  });

  it('a call without a name is malformed', () => {
    expect(fragments([more('{}', { index: 0, id: 'a' })]).reading.is).toBe('malformed');
  });
});
