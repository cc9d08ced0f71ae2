import type { ChatParameters } from '../../contracts/chat.js';
import type { Adaptation } from '../adaptation.js';
import type { Traits } from '../traits.js';
import type { AnthropicBody } from './body.js';

/** Notes a change that the caller is told of. */
export type Report = (
  parameter: Adaptation['parameter'],
  how: Adaptation['how'],
  /** Which part of it, where it was not all. */
  detail?: string,
) => void;

type Parameter = keyof ChatParameters;

/** For these the format has no field. */
const inexpressible: readonly Parameter[] = [
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'n',
  'logprobs',
  'topLogprobs',
  'extra',
];

/** Values that ask for nothing: leaving them out changes nothing, and is not worth a word. */
const idle: { [Name in Parameter]?: (value: NonNullable<ChatParameters[Name]>) => boolean } = {
  stop: (stop) => stop.length === 0,
  tools: (tools) => tools.length === 0,
  presencePenalty: (penalty) => penalty === 0,
  frequencyPenalty: (penalty) => penalty === 0,
  parallelToolCalls: (parallel) => parallel,
  responseFormat: ({ type }) => type === 'text',
  n: (count) => count === 1,
  logprobs: (wanted) => !wanted,
  topLogprobs: (count) => count === 0,
  extra: (fields) => Object.keys(fields).length === 0,
};

/**
 * The parameters that are left to be sent. What was dropped before is known to the caller; what the model refuses and
 * what the format cannot say is reported.
 */
export function sendable(
  parameters: ChatParameters,
  adaptations: readonly Adaptation[],
  { refuses = [] }: Traits,
  report: Report,
): ChatParameters {
  const kept = { ...parameters };
  for (const name of Object.keys(parameters) as Parameter[]) {
    const refused = refuses.includes(name) || inexpressible.includes(name);
    const dropped = adaptations.some(({ parameter, how }) => parameter === name && how === 'dropped');
    const asks = asksForSomething(name, parameters[name]);
    if (refused && !dropped && asks) {
      if (name === 'extra') report(name, 'dropped', Object.keys(parameters.extra ?? {}).join(', '));
      else report(name, 'dropped');
    }
    if (refused || dropped || !asks) Reflect.deleteProperty(kept, name);
  }
  return kept;
}

function asksForSomething<Name extends Parameter>(name: Name, value: ChatParameters[Name]): boolean {
  if (value === undefined) return false;
  return idle[name]?.(value) !== true;
}

/**
 * How the next token is drawn and where to stop. With thinking on, Anthropic takes no temperature, no `top_k`, and no
 * `top_p` below 0.95.
 */
export function samplingFields(
  { temperature, topP, topK, stop = [] }: ChatParameters,
  thinks: boolean,
  report: Report,
): Pick<AnthropicBody, 'temperature' | 'top_p' | 'top_k' | 'stop_sequences'> {
  const sent = {
    temperature: thinks && temperature !== 1 ? undefined : temperature,
    topP: thinks && topP !== undefined && topP < 0.95 ? undefined : topP,
    topK: thinks ? undefined : topK,
  };
  if (temperature !== sent.temperature) report('temperature', 'dropped');
  if (topP !== sent.topP) report('topP', 'dropped');
  if (topK !== sent.topK) report('topK', 'dropped');
  if (sent.temperature !== undefined && sent.temperature > 1) report('temperature', 'clamped');
  // OpenAI stops at white space too; Anthropic refuses it.
  const visible = stop.filter((sequence) => sequence.trim() !== '');
  if (visible.length < stop.length) report('stop', visible.length === 0 ? 'dropped' : 'clamped');
  return {
    ...(sent.temperature === undefined ? {} : { temperature: Math.min(sent.temperature, 1) }),
    ...(sent.topP === undefined ? {} : { top_p: sent.topP }),
    ...(sent.topK === undefined ? {} : { top_k: sent.topK }),
    ...(visible.length === 0 ? {} : { stop_sequences: visible }),
  };
}
