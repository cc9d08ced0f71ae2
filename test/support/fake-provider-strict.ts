import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { anthropicBody, anthropicFault } from './fake-provider-anthropic.js';
import { openaiBody, openaiFault } from './fake-provider-openai.js';
import type { WireFormat } from './fake-provider-steps.js';

/** Says what is wrong with a request, or nothing. */
export function fault(
  format: WireFormat,
  headers: IncomingHttpHeaders,
  body: Record<string, unknown>,
): string | undefined {
  if (!headers['content-type']?.startsWith('application/json')) return 'content-type is not application/json';
  if (format === 'anthropic') {
    if (!headers['anthropic-version']) return 'anthropic-version is missing';
    return checked(anthropicBody, anthropicFault, body);
  }
  return checked(openaiBody, openaiFault, body);
}

function checked<Body>(
  schema: z.ZodType<Body>,
  further: (body: Body) => string | undefined,
  body: Record<string, unknown>,
): string | undefined {
  const seen = schema.safeParse(body);
  return seen.success ? further(seen.data) : z.prettifyError(seen.error);
}
