import type { AnswerDelta, ChatAnswer, ChatRequest } from '../../contracts/chat.js';
import type { Continuation } from '../../contracts/continuation.js';
import type { ServerSentEvent } from '../../wire/stream.js';
import type { Problem } from '../problem.js';

/** A request as the gateway understood it. */
export type ReadRequest =
  | {
      ok: true;
      /** What the client wrote as `model`. */
      model: string;
      chat: ChatRequest;
      stream: boolean;
      includeUsage: boolean;
      /** Fields without effect. */
      ignored: string[];
    }
  | { ok: false; problem: Problem };

/** What an answer goes out under. */
export interface AnswerNames {
  /** The completion's id. */
  id: string;
  /** The model that answers. */
  model: string;
  /** Unix time in seconds. */
  created: number;
}

/** Facts for the end of a stream, whose headers left before they were known. */
export type StreamFacts = Record<string, unknown>;

/** Writes one streamed answer. */
export interface StreamWriter {
  delta(delta: AnswerDelta): ServerSentEvent[];
  /** Another author goes on from here. */
  continued(continuation: Continuation): ServerSentEvent[];
  /** What is left, the ending, and the terminal marker. */
  end(answer: ChatAnswer, facts: StreamFacts): ServerSentEvent[];
  /** An answer that broke off: an error in the stream, and no terminal marker. */
  broken(problem: Problem): ServerSentEvent[];
}

/** One of the formats that clients speak. */
export interface Wire {
  name: 'openai' | 'anthropic';
  read(body: unknown): ReadRequest;
  answer(answer: ChatAnswer, names: AnswerNames): object;
  stream(names: AnswerNames, options: { includeUsage: boolean }): StreamWriter;
  error(problem: Problem, requestId: string): object;
}
