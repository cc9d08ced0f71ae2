import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ToolChoice } from '../contracts/chat.js';
import { largestRequestBytes, type CompletionInput, type CompletionTarget } from '../contracts/completion.js';
import { messagesSchema, parametersShape } from './chat-schema.js';
import { InvalidRequestError } from './errors.js';
import { durationMs, plainText } from './plain-values.js';

const name = plainText.max(200);
/** Longest list of models: each may use half of the time that is left, so more would never be asked. */
const mostModels = 20;

const requestSchema = z
  .strictObject({
    messages: messagesSchema,
    ...parametersShape,
    model: name.optional(),
    models: z
      .array(name)
      .min(1, 'at least one model is needed')
      .max(mostModels, `at most ${String(mostModels)} models can be tried`)
      .optional(),
    chain: name.optional(),
    strategy: name.optional(),
    task: z.string().min(1).max(10_000).optional(),
    budget: z.literal('low').optional(),
    maxCostUsd: z.number().positive().optional(),
    stream: z.boolean().optional(),
    context: z.strictObject({ ttlMs: durationMs.positive(), refresh: name }).optional(),
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
  )
  .refine(
    ({ model, models, chain, strategy = 'auto', task, budget }) =>
      (task === undefined && budget === undefined) ||
      (strategy === 'auto' && [model, models, chain].every((one) => one === undefined)),
    {
      message: 'task and budget choose a strategy by themselves: leave out model, models, chain and strategy',
    },
  )
  .refine(({ toolChoice, tools = [] }) => isOffered(toolChoice, tools), {
    path: ['toolChoice'],
    message: 'toolChoice names a tool that is not among tools',
  });

function isOffered(toolChoice: ToolChoice | undefined, tools: { name: string }[]): boolean {
  if (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return true;
  if (toolChoice === 'required') return tools.length > 0;
  return tools.some((tool) => tool.name === toolChoice.tool);
}

/**
 * A completion to be started. `model`, `models`, `chain` or `strategy` says who may answer, at most one of them; with
 * `strategy: 'auto'`, a `task` or a `budget` the strategy is chosen by what is asked; with none, the default chain is used.
 */
export type CompletionRequest = z.input<typeof requestSchema>;

/** A checked request, in the form that the workflow takes. */
export interface CheckedRequest {
  /** All of the workflow's input but the deadline, which the client may set. */
  input: Omit<CompletionInput, 'deadlineMs'>;
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
  const { model, models, chain, strategy, task, budget, ...others } = parsed.data;
  const { id, deadlineMs, maxCostUsd, stream, context, ...chat } = others;
  const target = targetOf({ model, models, chain, strategy, task, budget });
  // How the answer travels is no part of what is asked.
  const text = canonicalJson({ target, chat, maxCostUsd, context });
  const bytes = Buffer.byteLength(text);
  if (bytes > largestRequestBytes) {
    throw new InvalidRequestError(
      `the request has ${String(bytes)} bytes, more than the ${String(largestRequestBytes)} that can be recorded; shorten the messages`,
    );
  }
  return {
    input: defined({ target, chat, maxCostUsd, stream, context }),
    fingerprint: createHash('sha256').update(text).digest('hex'),
    ...defined({ id, deadlineMs }),
  };
}

type Target = Pick<
  z.output<typeof requestSchema>,
  'model' | 'models' | 'chain' | 'strategy' | 'task' | 'budget'
>;

function targetOf({ model, models, chain, strategy, task, budget }: Target): CompletionTarget {
  if (model !== undefined) return { kind: 'model', model };
  if (models !== undefined) return { kind: 'models', models };
  if (strategy === 'auto' || task !== undefined || budget !== undefined) {
    return { kind: 'auto', ...defined({ task, budget }) };
  }
  if (strategy !== undefined) return { kind: 'strategy', strategy };
  return { kind: 'chain', chain: chain ?? 'default' };
}

/** A type whose optional fields are absent rather than undefined. */
type Defined<T> = T extends readonly (infer Item)[]
  ? Defined<Item>[]
  : T extends object
    ? { [Name in keyof T]: Defined<Exclude<T[Name], undefined>> }
    : T;

/** The value as it crosses Temporal: JSON knows no undefined, at no depth. */
function defined<T extends object>(value: T): Defined<T> {
  return JSON.parse(JSON.stringify(value)) as Defined<T>;
}

/** JSON with the names of every object in order, so that equal requests give equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
