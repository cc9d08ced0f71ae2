import type { AnswerDelta, ChatAnswer } from '../../contracts/chat.js';
import type { ServerSentEvent } from '../stream.js';
import {
  emptyMessage,
  stopReasonOf,
  usageBody,
  writtenCall,
  writtenThought,
  type AnswerNames,
} from './write.js';

/** Turns an answer into the events of a stream, in the order in which they are to be sent. */
export interface AnthropicStreamWriter {
  /** `message_start`; comes of itself with the first piece where it was not asked for before. */
  start(): ServerSentEvent[];
  /** The events of one piece; none for another choice than the first, which the format has no place for. */
  write(delta: AnswerDelta): ServerSentEvent[];
  /**
   * What the pieces did not bring, the stop reason, the tokens, and `message_stop`. Without any pieces it is the whole
   * answer.
   */
  end(answer: ChatAnswer): ServerSentEvent[];
}

type OpenBlock =
  | { type: 'text' }
  | { type: 'thinking'; signed: boolean }
  | { type: 'tool_use'; tool: number; written: boolean };

/**
 * Writes a stream in Anthropic's messages format, in which one block ends before the next begins. A tool's input is
 * therefore streamed for the first tool only; what comes after it waits for the end, where the whole answer is known.
 */
export function anthropicStreamWriter(names: AnswerNames): AnthropicStreamWriter {
  let started = false;
  let index = -1;
  let open: OpenBlock | undefined;
  let text = '';
  let thoughts = 0;
  let tool: number | undefined;

  function start(): ServerSentEvent[] {
    if (started) return [];
    started = true;
    return [event('message_start', { message: emptyMessage(names) })];
  }

  const piece = (delta: object): ServerSentEvent => event('content_block_delta', { index, delta });

  function close(): ServerSentEvent[] {
    if (open === undefined) return [];
    open = undefined;
    return [event('content_block_stop', { index })];
  }

  function begin(block: OpenBlock, content: object): ServerSentEvent[] {
    const closed = close();
    open = block;
    index += 1;
    return [...closed, event('content_block_start', { index, content_block: content })];
  }

  function say(words: string): ServerSentEvent[] {
    if (words === '') return [];
    const begun = open?.type === 'text' ? [] : begin({ type: 'text' }, { type: 'text', text: '' });
    text += words;
    return [...begun, piece({ type: 'text_delta', text: words })];
  }

  function think({
    text: words,
    signature,
    redacted,
  }: Extract<AnswerDelta, { type: 'reasoning' }>): ServerSentEvent[] {
    if (redacted !== undefined) {
      thoughts += 1;
      const begun = begin({ type: 'thinking', signed: true }, writtenThought({ text: '', redacted }));
      return [...begun, ...close()];
    }
    const events: ServerSentEvent[] = [];
    // A signature is the end of its block: more thinking is another one.
    if (open?.type !== 'thinking' || open.signed) {
      thoughts += 1;
      events.push(...begin({ type: 'thinking', signed: false }, writtenThought({ text: '' })));
    }
    if (words !== '') events.push(piece({ type: 'thinking_delta', thinking: words }));
    if (signature !== undefined) {
      events.push(piece({ type: 'signature_delta', signature }));
      if (open?.type === 'thinking') open.signed = true;
    }
    return events;
  }

  function call(delta: Extract<AnswerDelta, { type: 'tool_call' }>): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    if (tool === undefined && delta.id !== undefined && delta.name !== undefined) {
      tool = delta.index;
      const content = { type: 'tool_use', id: delta.id, name: delta.name, input: {} };
      events.push(...begin({ type: 'tool_use', tool, written: false }, content));
    }
    if (open?.type !== 'tool_use' || open.tool !== delta.index || delta.arguments === '') return events;
    open.written = true;
    return [...events, piece({ type: 'input_json_delta', partial_json: delta.arguments })];
  }

  function write(delta: AnswerDelta): ServerSentEvent[] {
    if (delta.choice !== 0) return [];
    const first = start();
    switch (delta.type) {
      case 'tool_call':
        return [...first, ...call(delta)];
      case 'text':
      case 'refusal':
        return [...first, ...(tool === undefined ? say(delta.text) : [])];
      case 'reasoning':
        return [...first, ...(tool === undefined ? think(delta) : [])];
    }
  }

  function end(answer: ChatAnswer): ServerSentEvent[] {
    const { reasoning = [], toolCalls = [] } = answer;
    const events = start();
    if (open?.type === 'tool_use' && !open.written) {
      events.push(...input(toolCalls[open.tool]?.arguments ?? ''));
    }
    for (const { text: words, signature, redacted } of reasoning.slice(thoughts)) {
      events.push(
        ...think({
          type: 'reasoning',
          choice: 0,
          text: words,
          ...(signature === undefined ? {} : { signature }),
          ...(redacted === undefined ? {} : { redacted }),
        }),
        ...close(),
      );
    }
    if (answer.text.startsWith(text)) events.push(...say(answer.text.slice(text.length)));
    for (const [at, toolCall] of toolCalls.entries()) {
      if (at === tool) continue;
      const { input: whole, ...block } = writtenCall(toolCall);
      events.push(
        ...begin({ type: 'tool_use', tool: at, written: true }, { ...block, input: {} }),
        ...input(JSON.stringify(whole)),
      );
    }
    const delta = { stop_reason: stopReasonOf(answer), stop_sequence: null, stop_details: null };
    return [
      ...events,
      ...close(),
      event('message_delta', { delta, usage: usageBody(answer.usage) }),
      event('message_stop', {}),
    ];
  }

  const input = (json: string): ServerSentEvent[] =>
    json === '' ? [] : [piece({ type: 'input_json_delta', partial_json: json })];

  return { start, write, end };
}

function event(type: string, fields: object): ServerSentEvent {
  return { event: type, data: JSON.stringify({ type, ...fields }) };
}
