import { z } from 'zod';
import { duration } from './common.js';

const hookSchema = z.strictObject({
  module: z
    .string()
    .min(1)
    .describe('Module of yours: a path from the folder of the config file, or a package.'),
  export: z.string().min(1).describe('Name of its export.').prefault('default'),
  timeout: duration('Longest that it may take.').prefault('5s'),
  required: z.boolean().describe('Whether its failure fails the attempt.').prefault(false),
});

const hookList = z.array(hookSchema).prefault([]);

export const hooksSchema = z
  .strictObject({
    beforeAttempt: hookList.describe('Run before each call, in order; may veto, annotate or redact.'),
    afterAttempt: hookList.describe('Run after each call, in order.'),
    selectStrategy: hookSchema
      .describe('Chooses the strategy instead of the rules of `selection`.')
      .optional(),
    refreshContext: z
      .record(z.string(), hookSchema)
      .describe('By name: renews the context of a request that has waited too long.')
      .prefault({}),
  })
  .describe('Code of yours that runs around calls.');
