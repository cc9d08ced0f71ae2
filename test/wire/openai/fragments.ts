import type { GeneratorValue } from 'fast-check';
import fc from 'fast-check';
import type { OpenAICompletion } from '../../../wire/openai/index.js';
import type { ServerSentEvent } from '../../../wire/stream.js';

type Choice = OpenAICompletion['choices'][number];

/**
 * The events in which a server might have sent a whole answer: every text cut at random places, the choices mingled.
 * Written apart from the product's own writer, so that the reader is not tested with the same misunderstanding.
 */
export function fragmentsOf(body: OpenAICompletion, any: GeneratorValue): ServerSentEvent[] {
  const { id, created, model } = body;
  const event = (fields: object): ServerSentEvent => ({
    data: JSON.stringify({ id, object: 'chat.completion.chunk', created, model, ...fields }),
  });
  const queues = body.choices.map((choice) => piecesOf(choice, any));
  const events: ServerSentEvent[] = [];
  while (queues.some((queue) => queue.length > 0)) {
    const open = queues.filter((queue) => queue.length > 0);
    const piece = open[any(fc.nat, { max: open.length - 1 })]?.shift();
    if (piece !== undefined) events.push(event({ choices: [piece], usage: null }));
  }
  if (body.usage !== undefined) events.push(event({ choices: [], usage: body.usage }));
  return [...events, { data: '[DONE]' }];
}

function piecesOf(choice: Choice, any: GeneratorValue): object[] {
  const { message, logprobs, index } = choice;
  const cut = (text: string | null | undefined): string[] => cutAnywhere(text ?? '', any);
  const deltas: object[] = [
    { role: 'assistant', content: message.content === null ? null : '', refusal: null },
    ...cut(message.reasoning_content).map((text) => ({ reasoning_content: text })),
    ...cut(message.content).map((text) => ({ content: text })),
    ...cut(message.refusal).map((text) => ({ refusal: text })),
    ...(message.tool_calls ?? []).flatMap((call, at) => [
      {
        tool_calls: [
          { index: at, id: call.id, type: 'function', function: { name: call.function.name, arguments: '' } },
        ],
      },
      ...cut(call.function.arguments).map((text) => ({
        tool_calls: [{ index: at, function: { arguments: text } }],
      })),
    ]),
  ];
  const tokens = (['content', 'refusal'] as const).flatMap((list) =>
    (logprobs?.[list] ?? []).map((token) => ({ [list]: [token] })),
  );
  return [
    ...deltas.map((delta) => ({ index, delta, logprobs: null, finish_reason: null })),
    ...tokens.map((list) => ({ index, delta: {}, logprobs: list, finish_reason: null })),
    { index, delta: {}, logprobs: null, finish_reason: choice.finish_reason },
  ];
}

/** Cuts between code units, so through a character too. */
function cutAnywhere(text: string, any: GeneratorValue): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = any(fc.integer, { min: 1, max: text.length - at });
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
