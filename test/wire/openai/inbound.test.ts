import fc from 'fast-check';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { fromOpenAI, toOpenAI } from '../../../wire/openai/index.js';
import { anyCarriedRequest } from './any-chat.js';

const asked = (fields: object = {}) => ({
  model: 'gpt-4',
  messages: [{ role: 'user', content: 'Hi.' }],
  ...fields,
});
const saying = (...messages: unknown[]) => asked({ messages });

describe('a request that comes in OpenAI’s format', () => {
  it('is what was sent out in it', () => {
    fc.assert(
      fc.property(
        anyCarriedRequest,
        fc.boolean(),
        fc.constantFrom('system', 'developer'),
        (request, stream, role) => {
          const traits = { systemRole: role, tokenLimitName: 'max_completion_tokens' } as const;
          const { body, adapted } = toOpenAI('gpt-4', request, [], traits, { stream });
          expect(adapted).toEqual([]);
          expect(fromOpenAI(JSON.parse(JSON.stringify(body)))).toEqual({
            ok: true,
            model: 'gpt-4',
            request: JSON.parse(JSON.stringify(request)) as unknown,
            stream,
            includeUsage: stream,
            ignored: [],
          });
        },
      ),
    );
  });

  it('may be any that the vendor’s types allow and Holdfast can serve', () => {
    const body = {
      model: 'gpt-4',
      messages: [
        { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }], name: 'dev' },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO', detail: 'high' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
          ],
        },
        {
          role: 'assistant',
          content: [{ type: 'refusal', refusal: 'No.' }],
          audio: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: '12 degrees' },
      ],
      stop: 'END',
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      max_completion_tokens: 7,
      temperature: null,
      tool_choice: { type: 'function', function: { name: 'weather' } },
      tools: [{ type: 'function', function: { name: 'weather' } }],
      response_format: { type: 'json_schema', json_schema: { name: 'r', strict: null } },
      modalities: ['text'],
      service_tier: 'flex',
      metadata: { team: 'a' },
    } satisfies OpenAI.Chat.ChatCompletionCreateParams;
    expect(fromOpenAI({ ...body, max_tokens: 5 })).toEqual({
      ok: true,
      model: 'gpt-4',
      request: {
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
          {
            role: 'user',
            content: [
              {
                type: 'image',
                source: { from: 'data', mediaType: 'image/png', data: 'iVBO' },
                detail: 'high',
              },
              {
                type: 'document',
                source: { from: 'data', mediaType: 'application/pdf', data: 'JVBE' },
                name: 'a.pdf',
              },
            ],
          },
          {
            role: 'assistant',
            content: [],
            refusal: 'No.',
            toolCalls: [{ id: 'a', name: 'weather', arguments: '{}' }],
          },
          { role: 'tool', toolCallId: 'a', content: '12 degrees' },
        ],
        stop: ['END'],
        maxTokens: 7,
        toolChoice: { tool: 'weather' },
        tools: [{ name: 'weather' }],
        responseFormat: { type: 'json_schema', name: 'r', schema: {} },
        extra: { service_tier: 'flex', metadata: { team: 'a' } },
      },
      stream: true,
      includeUsage: true,
      ignored: ['max_tokens', 'messages[0].name', 'stream_options.include_obfuscation'],
    });
  });

  it('keeps the reasoning that a compatible client sends back', () => {
    const seen = fromOpenAI(saying({ role: 'assistant', content: 'Hi.', reasoning_content: 'hm' }));
    expect(seen).toMatchObject({
      request: { messages: [{ role: 'assistant', content: 'Hi.', reasoning: [{ text: 'hm' }] }] },
      ignored: [],
    });
  });

  it('cannot smuggle a prototype in', () => {
    const seen = fromOpenAI(JSON.parse(`{"__proto__":{"polluted":1},${JSON.stringify(asked()).slice(1)}`));
    expect(seen).toMatchObject({ ok: true, ignored: ['__proto__'] });
    expect(seen).not.toHaveProperty('request.extra');
  });

  it.each<[string, unknown, string]>([
    ['nothing', null, ''],
    ['no messages', { model: 'gpt-4' }, 'messages'],
    ['empty messages', saying(), 'messages'],
    ['no model', { messages: [{ role: 'user', content: 'Hi.' }] }, 'model'],
    ['a role of its own', saying({ role: 'wizard', content: 'Hi.' }), 'messages[0].role'],
    ['the older function role', saying({ role: 'function', name: 'f', content: 'x' }), 'messages[0].role'],
    ['a number for a content', saying({ role: 'user', content: 7 }), 'messages[0].content'],
    [
      'an unknown part',
      saying({ role: 'user', content: [{ type: 'smell' }] }),
      'messages[0].content[0].type',
    ],
    [
      'sound',
      saying({ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }),
      'messages[0].content[0].type',
    ],
    [
      'an image without its URL',
      saying({
        role: 'user',
        content: [
          { type: 'text', text: 'x' },
          { type: 'image_url', image_url: {} },
        ],
      }),
      'messages[0].content[1].image_url.url',
    ],
    [
      'a file of one provider',
      saying({ role: 'user', content: [{ type: 'file', file: { file_id: 'f-1' } }] }),
      'messages[0].content[0].file.file_id',
    ],
    [
      'a file that is no data URL',
      saying({ role: 'user', content: [{ type: 'file', file: { file_data: 'JVBE' } }] }),
      'messages[0].content[0].file.file_data',
    ],
    ['a tool result for no call', saying({ role: 'tool', content: 'x' }), 'messages[0].tool_call_id'],
    ['words for a temperature', asked({ temperature: 'hot' }), 'temperature'],
    ['a temperature out of range', asked({ temperature: 3 }), 'temperature'],
    ['half a token', asked({ max_tokens: 0.5 }), 'max_tokens'],
    ['an unknown effort', asked({ reasoning_effort: 'heroic' }), 'reasoning_effort'],
    [
      'a tool without a name',
      asked({ tools: [{ type: 'function', function: {} }] }),
      'tools[0].function.name',
    ],
    [
      'a tool of another kind',
      asked({ tools: [{ type: 'custom', custom: { name: 'x' } }] }),
      'tools[0].type',
    ],
    [
      'a choice among tools',
      asked({ tool_choice: { type: 'allowed_tools', allowed_tools: {} } }),
      'tool_choice.type',
    ],
    ['a stop of numbers', asked({ stop: ['a', 1] }), 'stop[1]'],
    ['words for stream', asked({ stream: 'yes' }), 'stream'],
    ['the older functions', asked({ functions: [] }), 'functions'],
    ['an answer in sound', asked({ modalities: ['text', 'audio'] }), 'modalities[1]'],
  ])('%s is a problem that names its place', (_, body, param) => {
    const seen = fromOpenAI(body);
    expect(seen).toMatchObject({ ok: false, problem: { param } });
    if (!seen.ok) expect(seen.problem.message.startsWith(param === '' ? 'Invalid' : `${param}: `)).toBe(true);
  });

  it('a problem repeats no value', () => {
    const seen = fromOpenAI(saying({ role: 'user', content: [{ type: 'text', text: ['a secret'] }] }));
    expect(seen).toMatchObject({ ok: false, problem: { param: 'messages[0].content[0].text' } });
    expect(JSON.stringify(seen)).not.toContain('a secret');
  });

  it('takes any JSON at all without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (body) => void fromOpenAI(body)));
  });
});
