import type { AnswerDelta, ChatAnswer } from '../contracts/chat.js';

type Listener = (delta: AnswerDelta) => unknown;

/**
 * Tells a listener of each piece, in order, without waiting for it. A fault of the listener is no fault of the call:
 * it becomes one warning of the process per call.
 */
export function guardedListener(listener: Listener | undefined): (delta: AnswerDelta) => void {
  if (listener === undefined) return () => undefined;
  let warned = false;
  const warn = (error: unknown): void => {
    if (warned) return;
    warned = true;
    process.emitWarning(`a listener of a streamed call failed: ${String(error)}`, 'HoldfastListenerWarning');
  };
  return (delta) => {
    try {
      const told = listener(delta);
      if (told instanceof Promise) told.catch(warn);
    } catch (error) {
      warn(error);
    }
  };
}

/** False for a piece that brings nothing: some servers begin with an empty text. Thoughts may be signed or hidden alone. */
export function isToken(delta: AnswerDelta): boolean {
  if (delta.type === 'reasoning') {
    return delta.text !== '' || delta.signature !== undefined || delta.redacted !== undefined;
  }
  if (delta.type !== 'tool_call') return delta.text !== '';
  return delta.arguments !== '' || delta.id !== undefined || delta.name !== undefined;
}

/** A whole answer as the pieces it would have come in, for servers that do not stream although asked to. */
export function deltasOf({ furtherChoices = [], ...first }: ChatAnswer): AnswerDelta[] {
  return [first, ...furtherChoices]
    .flatMap(({ text, reasoning = [], toolCalls = [], refused }, choice): AnswerDelta[] => [
      ...reasoning.map((block) => ({ type: 'reasoning' as const, choice, ...block })),
      { type: refused === true ? 'refusal' : 'text', choice, text },
      ...toolCalls.map((toolCall, index) => ({ type: 'tool_call' as const, choice, index, ...toolCall })),
    ])
    .filter(isToken);
}
