import type { Script } from '../support/hostile-server.js';
import type { WireName } from './raw-http.js';

const sse = (value: object, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(value)}\n\n`;

/** A streamed answer of each provider format, event by event: what comes before words, words, the end. */
export const streams = {
  openai: {
    start: [sse({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })],
    word: (text: string) => sse({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] }),
    end: [sse({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }), 'data: [DONE]\n\n'],
    error: sse({ error: { message: 'The server had an error', type: 'server_error' } }),
  },
  anthropic: {
    start: [
      sse(
        {
          type: 'message_start',
          message: { id: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } },
        },
        'message_start',
      ),
      sse(
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        'content_block_start',
      ),
    ],
    word: (text: string) =>
      sse(
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
        'content_block_delta',
      ),
    end: [
      sse({ type: 'content_block_stop', index: 0 }, 'content_block_stop'),
      sse(
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } },
        'message_delta',
      ),
      sse({ type: 'message_stop' }, 'message_stop'),
    ],
    error: sse({ type: 'error', error: { type: 'api_error', message: 'Internal error' } }, 'error'),
  },
};

export const wholes = {
  openai: JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello there.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  }),
  anthropic: JSON.stringify({
    id: 'm',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'Hello there.' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 2 },
  }),
};

/** Longer than any answer may be. */
const gigantic = 'x'.repeat(3_000_000);

type Stream = (typeof streams)[WireName];
const letters = (text: string): string[] => text.match(/./gs) ?? [];
const begun = ({ start, word }: Stream): string[] => [...start, word('Hello')];
export const bytes = (pieces: string[]): Buffer[] => pieces.map((piece) => Buffer.from(piece));

/** A stream that breaks after words of it have left, and what it is recorded as. */
export const broken: Record<string, { kind: string; script: (stream: Stream) => Script }> = {
  'a reset': { kind: 'truncated', script: (of) => ({ pieces: bytes(begun(of)), then: 'reset' }) },
  'a cut': { kind: 'truncated', script: (of) => ({ pieces: bytes(begun(of)), then: 'cut' }) },
  'an end in order, too early': {
    kind: 'truncated',
    script: (of) => ({ pieces: bytes(begun(of)), then: 'end' }),
  },
  'an end by closing the connection': {
    kind: 'truncated',
    script: (of) => ({ pieces: bytes(begun(of)), then: 'end', framing: 'close' }),
  },
  silence: { kind: 'stalled', script: (of) => ({ pieces: bytes(begun(of)), then: 'stall' }) },
  'an error in the stream': {
    kind: 'server_error',
    script: (of) => ({ pieces: bytes([...begun(of), of.error]), then: 'end' }),
  },
  'half of an event': {
    kind: 'truncated',
    script: (of) => ({ pieces: bytes([...begun(of), of.word('there.').slice(0, 40)]), then: 'cut' }),
  },
  'an event that is no JSON': {
    kind: 'malformed',
    script: (of) => ({ pieces: bytes([...begun(of), 'data: {"choices": [}\n\n', ...of.end]), then: 'end' }),
  },
  'a chunk without an end': {
    kind: 'payload_too_large',
    script: (of) => ({ pieces: bytes([...begun(of), of.word(gigantic), ...of.end]), then: 'end' }),
  },
};

export const json = { contentType: 'application/json', framing: 'length' } as const;

/** What breaks before a word of it has left, to a stream or to a plain call: another model can answer. */
export const early: Record<string, (whole: string, stream: Stream) => { plain?: Script; streamed?: Script }> =
  {
    'a hang before the headers': () => ({
      plain: { ...json, pieces: [], then: 'stall', silent: true },
      streamed: { pieces: [], then: 'stall', silent: true },
    }),
    'a hang after the headers': (whole, { start }) => ({
      plain: { ...json, pieces: [Buffer.from(whole.slice(0, 20))], then: 'stall' },
      streamed: { pieces: bytes(start), then: 'stall' },
    }),
    'a reset': (whole, { start }) => ({
      plain: { ...json, pieces: [Buffer.from(whole.slice(0, 20))], then: 'reset' },
      streamed: { pieces: bytes(start), then: 'reset' },
    }),
    'half a JSON': (whole, { start, word }) => ({
      plain: { ...json, pieces: [Buffer.from(whole.slice(0, 30))], then: 'end' },
      streamed: { pieces: bytes([...start, word('there.').slice(0, 40)]), then: 'end' },
    }),
    'an error at first': (_whole, { start, error }) => ({
      streamed: { pieces: bytes([...start, error]), then: 'end' },
    }),
    'a web page': () => ({
      plain: { ...json, contentType: 'text/html', pieces: [Buffer.from('<html>Hello</html>')], then: 'end' },
      streamed: { contentType: 'text/html', pieces: [Buffer.from('<html>Hello</html>')], then: 'end' },
    }),
    'bytes of no kind': () => ({
      plain: {
        ...json,
        contentType: 'application/octet-stream',
        pieces: [Buffer.alloc(3_000, 0x91)],
        then: 'end',
      },
      streamed: { contentType: 'application/octet-stream', pieces: [Buffer.alloc(3_000, 0x91)], then: 'end' },
    }),
    'an answer without an end': () => ({
      plain: { ...json, pieces: [Buffer.from(`{"choices":"${gigantic}`)], then: 'end' },
      streamed: { pieces: [Buffer.from(`data: {"choices":"${gigantic}`)], then: 'end' },
    }),
  };

/** What is slow or odd, and an answer all the same. */
export const whole: Record<string, (whole: string, stream: Stream) => { plain?: Script; streamed?: Script }> =
  {
    'byte by byte': (text, stream) => ({
      plain: { ...json, framing: 'chunked', pieces: bytes(letters(text)), then: 'end' },
      streamed: { pieces: bytes(letters(answerOf(stream).join(''))), then: 'end' },
    }),
    'a JSON called text': (text, stream) => ({
      plain: { ...json, contentType: 'text/plain', pieces: bytes([text]), then: 'end' },
      streamed: { contentType: 'text/plain', pieces: bytes(answerOf(stream)), then: 'end' },
    }),
    'a slow first token': (text, stream) => ({
      plain: { ...json, pieces: bytes([text]), then: 'end', afterMs: 150 },
      streamed: { pieces: bytes(answerOf(stream)), then: 'end', afterMs: 150 },
    }),
  };
export const answerOf = ({ start, word, end }: Stream): string[] => [
  ...start,
  word('Hello '),
  word('there.'),
  ...end,
];
