import type { ChatParameters, ChatRequest } from '../contracts/chat.js';

/** A change to the request that a model or its format needs, said to the caller in a notice. */
export interface Adaptation {
  parameter: keyof ChatRequest;
  /**
   * `renamed`: sent under the newer name (`max_completion_tokens`); `dropped`: left out;
   * `clamped`: brought into the range that the format allows; `mapped`: sent as the nearest thing that the format has.
   */
  how: 'renamed' | 'dropped' | 'clamped' | 'mapped';
  /** Which part of it, where it was not all: `the reasoning of earlier turns`. */
  detail?: string;
}

/** A body ready to be sent, and what it changed of its own accord: what the format forced, not what was asked for. */
export interface WireRequest<Body> {
  body: Body;
  adapted: Adaptation[];
}

/** The parameters that are left once those that the model refuses are dropped; an empty `stop` asks for nothing. */
export function keptParameters(parameters: ChatParameters, adaptations: Adaptation[]): ChatParameters {
  const dropped = new Set(
    adaptations.filter(({ how }) => how === 'dropped').map(({ parameter }) => parameter),
  );
  const { maxTokens, temperature, topP, stop } = parameters;
  return {
    ...(maxTokens === undefined || dropped.has('maxTokens') ? {} : { maxTokens }),
    ...(temperature === undefined || dropped.has('temperature') ? {} : { temperature }),
    ...(topP === undefined || dropped.has('topP') ? {} : { topP }),
    ...(stop === undefined || stop.length === 0 || dropped.has('stop') ? {} : { stop }),
  };
}
