import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAIStreamReader, readOpenAI, writeOpenAI } from '../../../wire/openai/index.js';
import { anyCarriedAnswer, lenient } from './any-chat.js';
import { fragmentsOf } from './fragments.js';
import { chunk, deltasOf, done, event, readEvents } from './read.js';

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
        const reader = openAIStreamReader({ ...lenient, choices: body.choices.length });
        events.forEach((each, at) => {
          expect(reader.end().is).toBe(at <= last ? 'truncated' : 'answer');
          reader.take(each);
        });
        expect(reader.end().is).toBe('answer');
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
