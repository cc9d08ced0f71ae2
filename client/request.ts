import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ChatRequest } from '../contracts/chat.js';
import { largestRequestBytes, type CompletionTarget } from '../contracts/completion.js';
import { InvalidRequestError } from './errors.js';
import { durationMs, plainText } from './plain-values.js';

const name = plainText.max(200);
/** Longest list of models: each may use half of the time that is left, so more would never be asked. */
const mostModels = 20;

const requestSchema = z
  .strictObject({
    messages: z
      .array(
        z.strictObject({
          role: z.enum(['system', 'user', 'assistant']),
          content: z.string().min(1, 'a message needs content'),
        }),
      )
      .min(1, 'at least one message is needed'),
    model: name.optional(),
    models: z
      .array(name)
      .min(1, 'at least one model is needed')
      .max(mostModels, `at most ${String(mostModels)} models can be tried`)
      .optional(),
    chain: name.optional(),
    strategy: name.optional(),
    maxTokens: z.int().positive().optional(),
    temperature: z.number().min(0).max(2).optional(),
    topP: z.number().min(0).max(1).optional(),
    stop: z.array(z.string().min(1)).min(1).max(16).optional(),
    id: plainText.max(255).optional(),
    deadlineMs: durationMs.positive().optional(),
  })
  .refine(({ messages }) => messages.some(({ role }) => role !== 'system'), {
    path: ['messages'],
    message: 'system messages alone ask nothing; add a user message',
  })
  .refine(
    ({ model, models, chain, strategy }) => [model, models, chain, strategy].filter(Boolean).length <= 1,
    {
      message: 'give only one of model, models, chain and strategy',
    },
  );

/** A completion to be started. Give at most one of `model`, `models`, `chain` and `strategy`; none means the default chain. */
export type CompletionRequest = z.input<typeof requestSchema>;

/** A checked request, in the form that the workflow takes. */
export interface CheckedRequest {
  target: CompletionTarget;
  chat: ChatRequest;
  id?: string;
  deadlineMs?: number;
  /** SHA-256 over what is asked of whom; equal for equal requests. */
  fingerprint: string;
}

/** @throws InvalidRequestError naming each fault; the values themselves are not repeated */
export function checkRequest(request: CompletionRequest): CheckedRequest {
  const parsed = requestSchema.safeParse(request);
  if (!parsed.success)
    throw new InvalidRequestError(`the request cannot be started:\n${z.prettifyError(parsed.error)}`);
  const { model, models, chain, strategy, id, deadlineMs, messages, maxTokens, temperature, topP, stop } =
    parsed.data;

  const chat: ChatRequest = { messages };
  if (maxTokens !== undefined) chat.maxTokens = maxTokens;
  if (temperature !== undefined) chat.temperature = temperature;
  if (topP !== undefined) chat.topP = topP;
  if (stop !== undefined) chat.stop = stop;

  const target = targetOf({ model, models, chain, strategy });
  // Both are built in a fixed order of keys, so equal requests give equal text.
  const text = JSON.stringify({ target, chat });
  const bytes = Buffer.byteLength(text);
  if (bytes > largestRequestBytes) {
    throw new InvalidRequestError(
      `the request has ${String(bytes)} bytes, more than the ${String(largestRequestBytes)} that can be recorded; shorten the messages`,
    );
  }
  return {
    target,
    chat,
    fingerprint: createHash('sha256').update(text).digest('hex'),
    ...(id === undefined ? {} : { id }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  };
}

function targetOf(asked: {
  model: string | undefined;
  models: string[] | undefined;
  chain: string | undefined;
  strategy: string | undefined;
}): CompletionTarget {
  if (asked.model !== undefined) return { kind: 'model', model: asked.model };
  if (asked.models !== undefined) return { kind: 'models', models: asked.models };
  if (asked.strategy !== undefined) return { kind: 'strategy', strategy: asked.strategy };
  return { kind: 'chain', chain: asked.chain ?? 'default' };
}
