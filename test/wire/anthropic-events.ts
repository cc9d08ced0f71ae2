import fc from 'fast-check';
import type { AnswerDelta, ChatAnswer } from '../../contracts/chat.js';
import type { AnthropicMessage } from '../../wire/anthropic/index.js';
import type { ServerSentEvent } from '../../wire/stream.js';

export const event = (fields: { type: string }): ServerSentEvent => ({
  event: fields.type,
  data: JSON.stringify(fields),
});

/** A text in pieces of the given sizes, over and over. */
export function pieces(text: string, sizes: number[]): string[] {
  const cut: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    cut.push(text.slice(at, at + size));
    at += size;
  }
  return cut;
}

export const anySizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

/** The events that the vendor would send for a body. */
export function eventsOf(body: AnthropicMessage, sizes: number[]): ServerSentEvent[] {
  const { content, stop_reason, stop_sequence, stop_details, usage, ...message } = body;
  const blocks = content.flatMap((block, index) => {
    const [begun, deltas] = ((): [object, object[]] => {
      switch (block.type) {
        case 'text':
          return [
            { ...block, text: '' },
            pieces(block.text, sizes).map((text) => ({ type: 'text_delta', text })),
          ];
        case 'thinking':
          return [
            { ...block, thinking: '', signature: '' },
            [
              ...pieces(block.thinking, sizes).map((thinking) => ({ type: 'thinking_delta', thinking })),
              { type: 'signature_delta', signature: block.signature },
            ],
          ];
        case 'redacted_thinking':
          return [block, []];
        case 'tool_use':
          return [
            { ...block, input: {} },
            // As the vendor writes it: with spaces, unlike JSON.stringify.
            pieces(JSON.stringify(block.input, null, 1), sizes).map((partial_json) => ({
              type: 'input_json_delta',
              partial_json,
            })),
          ];
      }
    })();
    return [
      event({ type: 'content_block_start', index, content_block: begun } as { type: string }),
      ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta } as { type: string })),
      event({ type: 'content_block_stop', index } as { type: string }),
    ];
  });
  const start = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  return [
    event({ type: 'message_start', message: start } as { type: string }),
    event({ type: 'ping' }),
    ...blocks,
    event({ type: 'message_delta', delta: { stop_reason, stop_sequence, stop_details }, usage } as {
      type: string;
    }),
    event({ type: 'message_stop' }),
  ];
}

/** The pieces in which an answer would be told to a listener. */
export function deltasOf(
  { text, reasoning = [], toolCalls = [] }: ChatAnswer,
  sizes: number[],
): AnswerDelta[] {
  return [
    ...reasoning.flatMap((block): AnswerDelta[] => [
      ...pieces(block.text, sizes).map((part) => ({ type: 'reasoning' as const, choice: 0, text: part })),
      ...(block.signature === undefined
        ? []
        : [{ type: 'reasoning' as const, choice: 0, text: '', signature: block.signature }]),
      ...(block.redacted === undefined
        ? []
        : [{ type: 'reasoning' as const, choice: 0, text: '', redacted: block.redacted }]),
    ]),
    ...pieces(text, sizes).map((part) => ({ type: 'text' as const, choice: 0, text: part })),
    ...toolCalls.flatMap((call, index): AnswerDelta[] => [
      { type: 'tool_call', choice: 0, index, id: call.id, name: call.name, arguments: '' },
      ...pieces(call.arguments, sizes).map((part) => ({
        type: 'tool_call' as const,
        choice: 0,
        index,
        arguments: part,
      })),
    ]),
  ];
}
