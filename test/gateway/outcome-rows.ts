import { step, type Step } from '../support/fake-provider.js';
import { testKey } from '../support/test-config.js';

export interface Row {
  /** What the provider does. */
  seen: Step;
  /** What it does where it is asked for a stream. */
  streamed?: Step;
  kind: string;
  status: number;
  /** Where it is not the kind. */
  code?: string;
  /** Whether another model may answer instead. */
  replaced: boolean;
  /** Seconds that the client is told to wait. */
  retryAfter?: number;
  deadline?: string;
}

const message = `It says: ${testKey}.`;
const echo = { message };
const credentials = { status: 502, code: 'upstream_credentials_exhausted', replaced: true };
const passing = { status: 503, replaced: true };

/** Each way a provider call can end without an answer, and what the client of the gateway sees of it. */
export const failures: Record<string, Row> = {
  '429 with Retry-After': {
    seen: step.status(429, { ...echo, type: 'rate_limit_error', retryAfter: 30 }),
    kind: 'rate_limited',
    status: 429,
    replaced: true,
    retryAfter: 30,
    deadline: '5s',
  },
  '429 without': { seen: step.status(429), kind: 'rate_limited', status: 429, replaced: true },
  '503': { seen: step.status(503, echo), kind: 'overloaded', ...passing },
  '529': { seen: step.status(529, echo), kind: 'overloaded', ...passing },
  '500': { seen: step.status(500, echo), kind: 'server_error', ...passing },
  '409': { seen: step.status(409, echo), kind: 'server_error', ...passing },
  '504': { seen: step.status(504, echo), kind: 'timeout', ...passing },
  'an error in a 200': { seen: step.errorIn200(echo), kind: 'server_error', ...passing },
  'a reset': { seen: step.reset(), kind: 'connection', ...passing },
  'half an answer': {
    seen: step.cutBody(),
    streamed: step.stream('Cut before it said a word', { cutAfter: 1 }),
    kind: 'truncated',
    ...passing,
  },
  'no JSON': { seen: step.malformed(), kind: 'malformed', ...passing },
  nothing: { seen: step.empty(), kind: 'empty', ...passing },
  '402': { seen: step.status(402, echo), kind: 'quota_exhausted', ...credentials },
  'no quota': {
    seen: step.status(429, { ...echo, code: 'insufficient_quota' }),
    kind: 'quota_exhausted',
    ...credentials,
  },
  '401': { seen: step.status(401, echo), kind: 'auth_failed', ...credentials },
  '404 for the model': { seen: step.status(404), kind: 'model_not_found', status: 404, replaced: true },
  'a web page': { seen: step.html(), kind: 'misconfigured', status: 502, replaced: true },
  'a question too long': {
    seen: step.status(400, { ...echo, code: 'context_length_exceeded' }),
    kind: 'context_too_long',
    status: 400,
    replaced: true,
  },
  '413': { seen: step.status(413, echo), kind: 'payload_too_large', status: 413, replaced: true },
  'no tools here': {
    seen: step.status(400, { message: `This model does not support tools. ${message}` }),
    kind: 'unsupported_by_model',
    status: 400,
    replaced: true,
  },
  'a filtered prompt': {
    seen: step.status(400, { ...echo, code: 'content_filter' }),
    kind: 'content_filtered',
    status: 400,
    replaced: false,
  },
  '400': { seen: step.status(400, echo), kind: 'bad_request', status: 400, replaced: false },
  '422': { seen: step.status(422, echo), kind: 'bad_request', status: 400, replaced: false },
  'no answer in time': {
    seen: step.hang(),
    kind: 'deadline_exceeded',
    status: 504,
    replaced: false,
    deadline: '400ms',
  },
};

/** Endings that are no failure, however little was said; how each format says it. */
export const answers: Record<string, { given: Step; openai: string; anthropic: string }> = {
  'a refusal': {
    given: step.answer('', { refusal: 'I cannot help with that.' }),
    openai: 'content_filter',
    anthropic: 'refusal',
  },
  'a length that is used up': {
    given: step.answer('Half of', { finishReason: 'length' }),
    openai: 'length',
    anthropic: 'max_tokens',
  },
  'a reason that nobody knows': {
    given: step.answer('Hello.', { finishReason: 'eos_token' }),
    openai: 'stop',
    anthropic: 'end_turn',
  },
};
