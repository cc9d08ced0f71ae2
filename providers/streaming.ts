import { createParser } from 'eventsource-parser';
import type { AnswerDelta } from '../contracts/chat.js';
import { largestRequestBytes } from '../contracts/completion.js';
import { fieldOf, tellsOfError } from '../wire/reading.js';
import type { StreamReader, StreamStep } from '../wire/stream.js';
import type { StreamLimits } from './provider.js';
import { isErrorInList } from './integrity.js';
import { StreamClock, type SilenceEnding } from './stream-clock.js';
import { isToken } from './stream-listener.js';
import { bounded, carry, factsOf, type CallLimits, type Exchange, type HttpFacts } from './transport.js';

/**
 * How one streamed exchange ended. A plain {@link Exchange} `response` is one without a single event: an error status,
 * or a server that does not stream.
 */
export type StreamEnding =
  | Exchange
  | Exclude<SilenceEnding, { ended: 'unclosed' }>
  /** More came than can ever be recorded. */
  | { ended: 'too_large' }
  /** `marked`: the format's own end came. `closed`: the server ended the response. `cut`: the connection broke. */
  | { ended: 'stream'; how: 'marked' | 'closed' | 'cut'; response: HttpFacts }
  /** An error in place of the rest; the JSON of it. */
  | { ended: 'error'; error: string; response: HttpFacts }
  | { ended: 'broken_event'; because: string; response: HttpFacts };

export interface StreamExchange {
  ending: StreamEnding;
  firstTokenMs?: number;
  /** Facts of the response, where its headers came before the end. */
  response?: HttpFacts;
}

/** An answer is recorded like a request, and an endless one need not be read to its end. */
export const largestAnswerBytes = largestRequestBytes;

/** Longest text without an event in it: a whole answer may come as one, log probabilities included. */
const longestEvent = 8_000_000;

/** Longest wait for a server to close what it has marked as ended, so that its connection can be used again. */
const drainMs = 1_000;

/**
 * Runs one streamed call within its limits and feeds its events to the reader. Never rejects, unless the reader throws.
 * Past a limit the HTTP call is aborted and the result is there at once.
 * @param tell Told of each token, in order; of none after the result is there.
 */
export async function exchangeStream(
  limits: CallLimits & { stream: StreamLimits },
  reader: StreamReader,
  tell: (delta: AnswerDelta) => void,
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<StreamExchange> {
  let clock: StreamClock | undefined;
  let response: HttpFacts | undefined;
  const run = (signal: AbortSignal, stop: (ending: StreamEnding) => void): Promise<StreamEnding> => {
    const running = new StreamClock(limits.stream, (silence) => {
      if (silence.ended !== 'unclosed') stop(silence);
      else if (response !== undefined) stop({ ended: 'stream', how: 'closed', response });
    });
    clock = running;
    let bytes = 0;
    const onToken = (delta: AnswerDelta): void => {
      bytes += Buffer.byteLength(delta.type === 'tool_call' ? delta.arguments : delta.text);
      if (bytes > largestAnswerBytes) stop({ ended: 'too_large' });
      if (signal.aborted) return;
      running.heard();
      tell(delta);
    };
    const onComplete = (): void => running.completed();
    return carry<StreamEnding>(
      () => send(signal),
      (received) => {
        response = factsOf(received);
        return readEvents(received, response, reader, { signal, onToken, onComplete });
      },
    ).finally(() => running.stop());
  };
  const ending = await bounded(limits, run);
  clock?.stop();
  const firstTokenMs = clock?.firstTokenMs;
  return {
    ending,
    ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
    ...(response === undefined ? {} : { response }),
  };
}

interface Heard {
  onToken: (delta: AnswerDelta) => void;
  /** Every choice has ended. */
  onComplete: () => void;
}

async function readEvents(
  { body }: Response,
  facts: HttpFacts,
  reader: StreamReader,
  { signal, onToken, onComplete }: Heard & { signal: AbortSignal },
): Promise<StreamEnding> {
  const seen: { event: boolean; ending?: StreamEnding; end?: 'closed' | 'cut' } = { event: false };
  const endingSeen = (): StreamEnding | undefined => seen.ending;
  /** The text so far while no event came: it may be no stream at all. */
  let raw = '';
  let sinceEvent = 0;
  /** Lines that are no part of any event: some servers write an error in between as if it were the body. */
  const stray: string[] = [];
  const parser = createParser({
    onError: ({ line }) => {
      if (seen.event && line !== undefined) stray.push(line);
    },
    onEvent: (event) => {
      if (seen.end !== undefined && !isWhole(event.data)) return;
      seen.event = true;
      sinceEvent = 0;
      if (seen.ending !== undefined || signal.aborted) return;
      if (event.data.startsWith('[') && isErrorInList(parsed(event.data))) {
        seen.ending = { ended: 'error', error: event.data, response: facts };
        return;
      }
      const step = reader.take(event);
      // What a broken connection leaves behind is no part of an answer; an error that is whole still says why.
      if (seen.end === 'cut' && step.error === undefined) return;
      step.deltas.filter(isToken).forEach(onToken);
      if (step.complete === true) onComplete();
      const ending = endingOf(step, facts);
      if (ending !== undefined) seen.ending = ending;
    },
  });
  const chunks: ReadableStreamDefaultReader<Uint8Array> | undefined = body?.getReader();
  const decoder = new TextDecoder();
  while (seen.ending === undefined) {
    const chunk = await chunks?.read().catch(() => 'cut' as const);
    const ended = chunk === 'cut' || chunk === undefined || chunk.done;
    if (ended) {
      // The last event may lack its blank line: it is read where it is whole.
      seen.end = chunk === 'cut' ? 'cut' : 'closed';
      parser.feed('\n\n');
      const last = endingSeen();
      if (last !== undefined) return last;
    }
    const error = ended ? stray.join('\n') : '';
    if (error !== '' && tellsOfError(fieldOf(parsed(error), 'error')))
      return { ended: 'error', error, response: facts };
    if (chunk === 'cut') {
      return seen.event
        ? { ended: 'stream', how: 'cut', response: facts }
        : { ended: 'cut', response: facts };
    }
    if (chunk === undefined || chunk.done) return closed(seen.event, raw, facts);
    const text = decoder.decode(chunk.value, { stream: true });
    parser.feed(text);
    raw = seen.event ? '' : raw + text;
    sinceEvent += text.length;
    if (sinceEvent > longestEvent) seen.ending = { ended: 'too_large' };
  }
  if (chunks !== undefined) leave(chunks, seen.ending);
  return seen.ending;
}

function endingOf({ error, malformed, ended }: StreamStep, response: HttpFacts): StreamEnding | undefined {
  if (error !== undefined) return { ended: 'error', error, response };
  if (malformed !== undefined) return { ended: 'broken_event', because: malformed, response };
  return ended === true ? { ended: 'stream', how: 'marked', response } : undefined;
}

/** True for data that cannot go on; any other may be cut where a stream ends before the blank line. */
function isWhole(data: string): boolean {
  const value = parsed(data);
  return typeof value === 'object' && value !== null;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** What a response that the server itself ended turned out to be. */
function closed(seenEvent: boolean, raw: string, facts: HttpFacts): StreamEnding {
  const isStream = (facts.headers.get('content-type') ?? '').includes('text/event-stream');
  const beginsLikeEvents = /^(?:data|event|id|retry)?:/.test(raw);
  const beginsLikeABody = raw.trim() === '' || /^\s*[[{<]/.test(raw);
  if (seenEvent || beginsLikeEvents || (isStream && !beginsLikeABody)) {
    return { ended: 'stream', how: 'closed', response: facts };
  }
  return { ended: 'response', response: { ...facts, body: raw } };
}

/** Reads on for a while where nothing but the end is due; what is of no use any more is closed at once. */
function leave(chunks: ReadableStreamDefaultReader<Uint8Array>, { ended }: StreamEnding): void {
  const close = (): void => void chunks.cancel().catch(() => undefined);
  if (ended !== 'stream') {
    close();
    return;
  }
  const timer = setTimeout(close, drainMs).unref();
  const drain = async (): Promise<void> => {
    while (!(await chunks.read()).done);
  };
  // Should the connection break now, nothing was expected of it any more.
  void drain()
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
}
