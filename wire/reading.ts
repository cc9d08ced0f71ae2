import type { z } from 'zod';
import type { ChatAnswer, FinishReason } from '../contracts/chat.js';

/** What the JSON body of a 200 turned out to hold. Only `answer` may be shown to anyone. */
export type Reading =
  | { is: 'answer'; answer: ChatAnswer }
  /** The body carries an error in place of an answer, or beside it. */
  | { is: 'error' }
  | { is: 'truncated' | 'malformed' | 'empty'; because: string };

/** What a provider's word for stopping means. `tool_call` cannot be answered yet: no tools are ever offered. */
export type StopMeaning = FinishReason | 'tool_call' | 'error';

/** The facts of an answer before it is decided whether it is one. */
export interface AnswerFacts extends Omit<ChatAnswer, 'finishReason' | 'refused' | 'incomplete'> {
  meaning: StopMeaning;
}

/**
 * Decides whether a finished response is an answer. The order of the tests is part of the promise: error,
 * refusal, length, tool call, empty. A refusal or a spent length is an answer even without text.
 */
export function settle({ meaning, ...facts }: AnswerFacts): Reading {
  switch (meaning) {
    case 'error':
      return { is: 'error' };
    case 'refusal':
      return { is: 'answer', answer: { ...facts, finishReason: meaning, refused: true } };
    case 'length':
    case 'pause':
    case 'context':
      return { is: 'answer', answer: { ...facts, finishReason: meaning, incomplete: meaning } };
    case 'tool_call':
      if (facts.text === '')
        return { is: 'malformed', because: 'a tool call, although no tools were offered' };
      return { is: 'answer', answer: { ...facts, finishReason: 'other' } };
    case 'stop':
    case 'other':
      if (facts.text === '') return { is: 'empty', because: 'the answer holds no text' };
      return { is: 'answer', answer: { ...facts, finishReason: meaning } };
  }
}

/** Names the first field that broke a schema, without the value that stood there. */
export function malformed(error: z.ZodError): Reading {
  const [issue] = error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.join('.');
  return { is: 'malformed', because: `${field}: ${issue?.message ?? 'invalid'}` };
}
