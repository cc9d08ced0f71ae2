import { describe, expect, it } from 'vitest';
import { answer, chunk, done, read, readEvents } from './read.js';

describe('tool calls in the OpenAI format', () => {
  const call = {
    id: 'call_1',
    type: 'function',
    function: { name: 'weather', arguments: '{"city":"Oslo"}' },
  };
  const offered = { tools: true };

  it.each([
    ['tool_calls', { content: null, tool_calls: [call] }],
    // Some servers say `stop` and mean the call.
    ['stop', { content: '', tool_calls: [call] }],
  ])('are read where the answer ends with %s', (reason, message) => {
    expect(read(answer(message, reason), offered)).toMatchObject({
      is: 'answer',
      answer: {
        finishReason: 'tool_calls',
        providerFinishReason: reason,
        toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' }],
      },
    });
  });

  it('without an id get one of their own, the same at each reading; arguments may be an object', () => {
    const bare = { function: { name: 'weather', arguments: { city: 'Oslo' } } };
    const body = answer({ tool_calls: [bare, { ...bare, id: '' }] }, 'tool_calls');
    const reading = read(body, offered);
    expect(reading).toMatchObject({
      answer: {
        toolCalls: [
          { id: 'call_chatcmpl1_0_0', name: 'weather', arguments: '{"city":"Oslo"}' },
          { id: 'call_chatcmpl1_0_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        ],
      },
    });
    expect(read(body, offered)).toEqual(reading);
  });

  it('are read from the older function_call, unless both are there', () => {
    const legacy = { content: null, function_call: { name: 'weather', arguments: '{}' } };
    expect(read(answer(legacy, 'function_call'), offered)).toMatchObject({
      answer: { finishReason: 'tool_calls', toolCalls: [{ name: 'weather', arguments: '{}' }] },
    });
    expect(read(answer({ ...legacy, tool_calls: [call] }, 'tool_calls'), offered)).toMatchObject({
      answer: { toolCalls: [{ id: 'call_1' }] },
    });
  });

  it.each([
    ['without a name', { tool_calls: [{ id: 'call_1', function: { arguments: '{}' } }] }, 'tool_calls'],
    ['announced and not made', { content: null }, 'tool_calls'],
  ])('%s are malformed', (_, message, reason) => {
    expect(read(answer(message, reason), offered).is).toBe('malformed');
  });

  it.each([
    ['error', 'error'],
    ['content_filter', 'answer'],
  ])('do not make good what %s ended', (reason, is) => {
    const reading = read(answer({ tool_calls: [call] }, reason), offered);
    expect(reading.is).toBe(is);
    if (reading.is === 'answer') expect(reading.answer.refused).toBe(true);
  });

  it('that the token limit cut are an incomplete answer', () => {
    const cut = { id: 'call_1', function: { name: 'weather', arguments: '{"ci' } };
    expect(read(answer({ tool_calls: [cut, { id: 'call_2' }] }, 'length'), offered)).toMatchObject({
      answer: { incomplete: 'length', toolCalls: [{ id: 'call_1', arguments: '{"ci' }] },
    });
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
