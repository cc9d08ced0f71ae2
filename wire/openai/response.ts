import { fieldOf, malformed, tellsOfError, withUsage, type Expected, type Reading } from '../reading.js';
import { ChoiceInProgress, conclude } from './choice.js';
import { completionSchema, usageIn } from './chunk.js';
import { present } from './present.js';

/**
 * Reads the JSON body of a 200 in OpenAI's chat format.
 * @param expected What the request makes of tool calls and of silence.
 */
export function readOpenAI(body: unknown, expected: Expected): Reading {
  return withUsage(readAnswer(body, expected), usageIn(body));
}

function readAnswer(body: unknown, expected: Expected): Reading {
  const error = fieldOf(body, 'error');
  // As a whole an error: so vLLM and Mistral write it.
  if (tellsOfError(error) || fieldOf(body, 'object') === 'error') return { is: 'error' };
  const parsed = completionSchema.safeParse(body);
  if (!parsed.success) return malformed(parsed.error, error);
  const { id, model, choices } = parsed.data;
  const inOrder = choices
    .map((choice, position) => ({ choice, index: choice.index ?? position }))
    .toSorted((one, other) => one.index - other.index);
  return conclude(
    inOrder.map(({ choice }, position) => {
      const whole = new ChoiceInProgress(position);
      whole.take({ ...choice, delta: undefined }, id ?? undefined);
      return whole;
    }),
    present({ responseId: id || undefined, upstreamModel: model || undefined }),
    expected,
  );
}
