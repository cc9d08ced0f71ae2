import type { z } from 'zod';
import type { ChatAnswer, FinishReason, Usage } from '../contracts/chat.js';

/** What the JSON body of a 200 turned out to hold. Only `answer` may be shown to anyone. */
export type Reading = { is: 'answer'; answer: ChatAnswer } | (NoAnswer & { usage?: Usage });

/** Has a usage where one could be read: what is no answer is paid for like one. */
type NoAnswer =
  /** The body carries an error in place of an answer, or beside it. */
  { is: 'error' } | { is: 'truncated' | 'malformed' | 'empty'; because: string };

/** What a provider's word for stopping means. `tool_call` cannot be answered yet: no tools are ever offered. */
export type StopMeaning = FinishReason | 'tool_call' | 'error';

/** The facts of an answer before it is decided whether it is one. */
export interface AnswerFacts extends Omit<ChatAnswer, 'finishReason' | 'refused' | 'incomplete' | 'usage'> {
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

/**
 * What a body is that broke the schema: the first field that did is named, without the value that stood there.
 * @param errorField Beside no answer, even an `error` without words stands for one.
 */
export function malformed(error: z.ZodError, errorField: unknown): Reading {
  if (errorField !== undefined && errorField !== null && errorField !== false) return { is: 'error' };
  const [issue] = error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.join('.');
  return { is: 'malformed', because: `${field}: ${issue?.message ?? 'invalid'}` };
}

/** Puts the tokens where they belong, whether there was an answer or not. Tokens that are not known stay absent. */
export function withUsage(reading: Reading, usage: Usage | undefined): Reading {
  if (usage === undefined) return reading;
  return reading.is === 'answer'
    ? { ...reading, answer: { ...reading.answer, usage } }
    : { ...reading, usage };
}

/**
 * True for an `error` field that tells of one. Some servers send the field with every answer: null, false, an empty
 * text, or an object that holds nothing but such values.
 */
export function tellsOfError(error: unknown, depth = 0): boolean {
  if (typeof error === 'string') return error.trim() !== '';
  if (typeof error !== 'object' || error === null) return Boolean(error);
  // No vendor nests deeper; a body made to exhaust the stack is not followed.
  return depth > 4 || Object.values(error).some((part) => tellsOfError(part, depth + 1));
}

/** The value of a field of something that may not even be an object. */
export function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? Object.entries(body).find(([key]) => key === name)?.[1]
    : undefined;
}
