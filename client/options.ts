import { z } from 'zod';
import { defaultDeadlineMs, defaultTaskQueue } from '../contracts/completion.js';
import { defaultLingerMs } from './completion-run.js';
import type { EngineAddress } from './engine-address.js';
import { InvalidOptionsError } from './errors.js';
import { durationMs, plainText } from './plain-values.js';

/** What a Holdfast may be told. Each option that is left out has a default. */
export interface HoldfastOptions extends EngineAddress {
  taskQueue?: string;
  /** Deadline of completions that do not set their own, in milliseconds (default five minutes). */
  deadlineMs?: number;
  /** How long past its deadline Temporal lets a completion linger before ending it, in milliseconds (default 10 s). */
  lingerMs?: number;
  /** How long a start is repeated while Temporal does not answer, in milliseconds (default 10 s). */
  startPatienceMs?: number;
  /**
   * Whether completions are started with Holdfast's search attributes (default true). Where the namespace does not
   * know them, they are left out after a warning; false leaves them out without one.
   */
  searchAttributes?: boolean;
}

const optionsSchema = z.strictObject({
  address: plainText.optional(),
  namespace: plainText.optional(),
  apiKey: z.string().min(1).optional(),
  // What is in it is for the client of Temporal to read.
  tls: z.union([z.boolean(), z.record(z.string(), z.unknown()), z.null()]).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  connectTimeoutMs: durationMs.positive().optional(),
  callTimeoutMs: durationMs.positive().optional(),
  taskQueue: plainText.default(defaultTaskQueue),
  deadlineMs: durationMs.positive().default(defaultDeadlineMs),
  lingerMs: durationMs.nonnegative().default(defaultLingerMs),
  startPatienceMs: durationMs.nonnegative().default(10_000),
  searchAttributes: z.boolean().default(true),
});

/** The options that say how completions are started, with their defaults. */
export type StartSettings = Pick<
  z.output<typeof optionsSchema>,
  'taskQueue' | 'deadlineMs' | 'lingerMs' | 'startPatienceMs' | 'searchAttributes'
>;

/** @throws InvalidOptionsError naming each fault; the values themselves are not repeated */
export function checkOptions(options: HoldfastOptions): StartSettings {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new InvalidOptionsError(`a Holdfast cannot have these options:\n${z.prettifyError(parsed.error)}`);
}
