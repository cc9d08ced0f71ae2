import type { AnswerDelta, ChatRequest } from '../../contracts/chat.js';
import {
  mostDeliveredCharacters,
  type Delivered,
  type DeliveredBesides,
} from '../../contracts/continuation.js';

/** Nothing has reached the client. */
export const nothingDelivered: Delivered = { text: '' };

/** What the client has after one more piece. Cheap: a text that is added to is not copied. */
export function withDelta(delivered: Delivered, delta: AnswerDelta): Delivered {
  const { text } = delivered;
  if (delta.choice > 0) return withBesides(delivered, 'further_choice');
  switch (delta.type) {
    case 'text':
      return text.length + delta.text.length > mostDeliveredCharacters
        ? withBesides(delivered, 'too_much_text')
        : { ...delivered, text: text + delta.text };
    case 'reasoning':
      return delta.signature === undefined && delta.redacted === undefined
        ? delivered
        : withBesides(delivered, 'signed_reasoning');
    case 'refusal':
    case 'tool_call':
      return withBesides(delivered, delta.type);
  }
}

function withBesides(delivered: Delivered, what: DeliveredBesides): Delivered {
  const { besides = [] } = delivered;
  return besides.includes(what) ? delivered : { ...delivered, besides: [...besides, what] };
}

/**
 * What becomes of an answer whose stream was cut. `continue`: the next attempt goes on from the text.
 * `start_anew`: the client has nothing yet that could be contradicted. `refuse`: the stream ends with an error.
 */
export type MayContinue = { action: 'continue' | 'start_anew' } | { action: 'refuse'; because: string };

/**
 * Whether another attempt may go on from what was delivered. Text only: half a tool call, half a JSON and several
 * answers at a time cannot be joined by anybody who does not know what was to come.
 */
export function mayContinue({ text, besides = [] }: Delivered, request: ChatRequest): MayContinue {
  const [first] = besides;
  if (first !== undefined) return { action: 'refuse', because: reasons[first] };
  if (text.length > mostDeliveredCharacters) return { action: 'refuse', because: reasons.too_much_text };
  if (text.trim() === '') return { action: 'start_anew' };
  const because = whyNot(request);
  return because === undefined ? { action: 'continue' } : { action: 'refuse', because };
}

const reasons: Record<DeliveredBesides, string> = {
  tool_call: 'a tool call had begun, and half of one cannot be continued',
  refusal: 'the model was refusing, and another one may not refuse the same way',
  signed_reasoning: 'thoughts that their model signed were delivered, and no other model can go on from them',
  further_choice: 'several answers were being delivered at a time',
  too_much_text: `more than ${mostDeliveredCharacters} characters were delivered, and no more are carried along`,
};

function whyNot({ responseFormat, n = 1, logprobs = false }: ChatRequest): string | undefined {
  if (responseFormat !== undefined && responseFormat.type !== 'text') {
    return `the answer is to be JSON (${responseFormat.type}), and half of one cannot be continued`;
  }
  if (n > 1) return `${n} answers were asked for`;
  return logprobs ? 'log probabilities were asked for, and those of the first part are not known' : undefined;
}
