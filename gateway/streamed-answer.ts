import type { CompletionResult } from '../client/index.js';
import { answerIn, headersOf, type AnswerFacts } from './answer.js';
import type { ConnectedCompletion } from './connected-completion.js';
import { eventStream } from './event-stream.js';
import type { Broken } from './live-answer.js';
import { problemOf } from './problem-response.js';
import type { Problem } from './problem.js';
import type { Wire } from './wires/wire.js';

export interface StreamTerms {
  completion: ConnectedCompletion;
  includeUsage: boolean;
  /** Its answer will be wanted although this stream has ended. */
  keyed: boolean;
  /** Headers that every response to the request has. */
  headers: Record<string, string>;
  /** What is said besides the answer, once that is known. */
  facts: (result: CompletionResult) => AnswerFacts;
  onFirstToken: () => void;
}

/**
 * Nothing is sent before the first token, so that until then any other model may answer instead; and no terminal marker
 * before the answer is recorded. A stream has one author: when that one breaks off, the stream ends with an error.
 */
export async function streamed(wire: Wire, terms: StreamTerms): Promise<Response> {
  const { completion, includeUsage, keyed, headers, facts, onFirstToken } = terms;
  const { id, result, live, leave } = completion;
  const reader = live.reader();
  let ending: { value: CompletionResult } | { error: unknown } | undefined;
  void result
    .then(
      (value) => (ending = { value }),
      (error: unknown) => (ending = { error }),
    )
    .then(live.wake);
  while (live.model === undefined && ending === undefined) await reader.next();
  // Before any token, a failure is a response of its own.
  const model = live.model ?? (await result).model;
  onFirstToken();
  const created = Math.floor(Date.now() / 1_000);
  const writer = wire.stream({ id, model, created }, { includeUsage });
  const stream = eventStream(leave);
  void tell();
  return new Response(stream.body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      ...headersOf({ id, model }),
      ...headers,
    },
  });

  async function tell(): Promise<void> {
    for (;;) {
      const news = reader.take();
      stream.send(
        news.flatMap((heard) =>
          heard.type === 'continued' ? writer.continued(heard.continuation) : writer.delta(heard),
        ),
      );
      if (live.broken !== undefined || ending !== undefined) break;
      await reader.next();
    }
    // Whatever else may have become of it: the words of the author are the beginning of a recorded answer, or of none.
    if (ending !== undefined && 'value' in ending && isWhole(ending.value)) {
      stream.send(writer.end(answerIn(ending.value), facts(ending.value)));
    } else {
      stream.send(writer.broken(cut(reasonOf(ending, live.broken), id, keyed)));
      // One that was cut has ended by itself.
      if (live.broken?.why === 'replaced') leave();
    }
    stream.close();
  }

  function isWhole(value: CompletionResult): boolean {
    const isOfModel = (live.model ?? value.model) === value.model;
    return isOfModel && live.isOf(answerIn(value), completion.recordedHere());
  }
}

function reasonOf(
  ending: { value: CompletionResult } | { error: unknown } | undefined,
  broken: Broken | undefined,
): string {
  if (broken?.why === 'cut') {
    const { model, outcome, message } = broken.attempt;
    return `${model} ended as ${outcome}${message === undefined ? '' : ` (${message})`}`;
  }
  return ending !== undefined && 'error' in ending
    ? problemOf(ending.error).message
    : 'another model answered';
}

function cut(why: string, id: string, keyed: boolean): Problem {
  const next = keyed
    ? 'It is completed for the record: ask again with the same Idempotency-Key for the whole of it.'
    : `GET /v1/holdfast/completions/${id} has what was tried.`;
  const message = `The answer broke off after it had begun, and is not whole: ${why}. ${next}`;
  return { status: 502, type: 'api_error', code: 'stream_cut', message, passes: true };
}
