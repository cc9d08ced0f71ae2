import type { Usage } from '../../contracts/chat.js';

/** Wire format of a request, told from its path. */
export type WireFormat = 'openai' | 'anthropic';

/** One request as the fake received it. */
export interface FakeCall {
  model: string;
  format: WireFormat;
  headers: Record<string, string>;
  query: Record<string, string>;
  body: Record<string, unknown>;
  /** Epoch milliseconds. */
  startedAt: number;
  /** The client closed the connection before the fake had answered. */
  aborted: boolean;
  /** Name of the step it met: `answer`, `status 429`, `hang`. */
  step: string;
}

export interface AnswerOptions {
  /** OpenAI's word (`stop`, `length`, `content_filter`) or one of the format called; null means cut short. */
  finishReason?: string | null;
  usage?: Partial<Usage>;
  /** OpenAI: `message.refusal`. Anthropic: the text, under `stop_reason: refusal`. */
  refusal?: string;
  /** Milliseconds before the answer, or the first token of it, is sent. */
  delayMs?: number;
  /** The model that claims to have answered. */
  model?: string;
  /** After the text, with the finish reason of calls unless another is set. */
  toolCalls?: PlannedCall[];
  /** Before the text; in Anthropic's format with a signature. */
  reasoning?: string;
  /** Texts of the further answers where the request asks for several; absent: the first one again. OpenAI's format. */
  further?: string[];
}

/** A call of a tool that the model is to make. */
export interface PlannedCall {
  name: string;
  /** Sent as its JSON; a text as it is, for arguments that are none. */
  arguments: object | string;
  /** Absent: `call_1`, `call_2` and so on. */
  id?: string;
}

export interface ErrorOptions {
  type?: string;
  code?: string;
  message?: string;
  /** Value of the Retry-After header: seconds, or an HTTP date. */
  retryAfter?: string | number;
  headers?: Record<string, string>;
  /** Sent as is in place of an error body in the format called. */
  body?: string;
}

/** How the events of a streamed answer come; a plain call is answered in whole, whatever it says here. */
export interface StreamShape {
  /** Silence before the first token; what comes before tokens (roles, headers) is sent at once. */
  firstTokenAfterMs?: number;
  /** Silence before each further token. */
  gapMs?: number;
  /** Signs of life that are no tokens: one at first, and more in every silence. */
  pings?: boolean;
  /** So many tokens, then nothing; ends when the client leaves. */
  stallAfter?: number;
  /** So many events, then the socket is destroyed. */
  cutAfter?: number | 'half';
  /** So many tokens, then an error event in the shape of the format called, and the end. */
  errorAfter?: { tokens: number; error: ErrorOptions };
}

/** How a model goes on from what the request says that it has said. */
export interface ContinuationOptions {
  /** A last message of the assistant is answered with a 400, in Anthropic's words. */
  prefill?: 'refused';
  /** So many of the last characters are said once more. */
  repeats?: number;
  /** Said before anything else. */
  opening?: string;
  shape?: StreamShape;
}

type Action =
  | { kind: 'go_on'; whole: string; options: ContinuationOptions }
  | { kind: 'answer'; text: string; options: AnswerOptions; shape?: StreamShape }
  | { kind: 'error'; status: number; options: ErrorOptions }
  | { kind: 'raw'; status: number; body: string; headers: Record<string, string> }
  | { kind: 'hang'; when: 'before_headers' | 'in_body' }
  | { kind: 'cut_body' }
  | { kind: 'reset' };

/** What the fake does with one request. */
export interface Step {
  /** How calls name it: `answer`, `status 429`, `hang`. */
  name: string;
  /** Used up by one request, also as the last step of a plan. */
  once: boolean;
  action: Action;
}

const make = (name: string, action: Action): Step => ({ name, once: false, action });

const json = { 'content-type': 'application/json' };
const page = '<!DOCTYPE html><html><head><title>Welcome</title></head><body>It works!</body></html>';

export const step = {
  /** A whole, well-formed answer. */
  answer: (text: string, options: AnswerOptions = {}): Step =>
    make('answer', { kind: 'answer', text, options }),
  /** A well-formed answer, in fragments of four characters, whose events come as the shape says. */
  stream: (text: string, shape: StreamShape, options: AnswerOptions = {}): Step =>
    make('stream', { kind: 'answer', text, options, shape }),
  /** The rest of a text, of which the request must hold the beginning as the last words of the assistant. */
  goOn: (whole: string, options: ContinuationOptions = {}): Step =>
    make('go on', { kind: 'go_on', whole, options }),
  /** Calls of tools and nothing else, unless the options add a text. */
  toolCalls: (toolCalls: PlannedCall[], options: AnswerOptions & { text?: string } = {}): Step =>
    make('tool calls', { kind: 'answer', text: options.text ?? '', options: { ...options, toolCalls } }),
  /** A text that is JSON. */
  json: (value: unknown, options: AnswerOptions = {}): Step =>
    make('json', { kind: 'answer', text: JSON.stringify(value), options }),
  /** An answer with what the model thought before it. */
  reasoning: (reasoning: string, text: string, options: AnswerOptions = {}): Step =>
    make('reasoning', { kind: 'answer', text, options: { ...options, reasoning } }),
  /** Different texts for a request with `n`; as many are sent as it asks for. */
  answers: (texts: [string, ...string[]], options: AnswerOptions = {}): Step =>
    make('answers', { kind: 'answer', text: texts[0], options: { ...options, further: texts.slice(1) } }),
  /** An error in the shape of the format called; type, code and message default to that vendor's own. */
  status: (status: number, options: ErrorOptions = {}): Step =>
    make(`status ${status}`, { kind: 'error', status, options }),
  /** Never answers; ends when the client leaves. */
  hang: (): Step => make('hang', { kind: 'hang', when: 'before_headers' }),
  /** Sends headers and the start of an answer, then nothing; ends when the client leaves. */
  hangInBody: (): Step => make('hang in body', { kind: 'hang', when: 'in_body' }),
  /** Destroys the socket without an answer. */
  reset: (): Step => make('reset', { kind: 'reset' }),
  /** A web page with status 200, as behind a wrong base URL. */
  html: (): Step =>
    make('html', { kind: 'raw', status: 200, body: page, headers: { 'content-type': 'text/html' } }),
  /** A 200 that is not JSON. */
  malformed: (): Step =>
    make('malformed', { kind: 'raw', status: 200, body: '{"id": "fake-1", "model": }', headers: json }),
  /** A well-formed answer with nothing in it. */
  empty: (): Step => make('empty', { kind: 'answer', text: '', options: {} }),
  /** A 200 that carries an error. */
  errorIn200: (options: ErrorOptions = {}): Step =>
    make('error in 200', { kind: 'error', status: 200, options }),
  /** Half of an answer, then the socket is destroyed. */
  cutBody: (): Step => make('cut body', { kind: 'cut_body' }),
  raw: (status: number, body: string, headers: Record<string, string> = json): Step =>
    make(`raw ${status}`, { kind: 'raw', status, body, headers }),
  /** Keeps the last step of a plan from repeating. */
  once: (wrapped: Step): Step => ({ ...wrapped, once: true }),
};
