import type { ChatRequest, ContentPart } from '../contracts/chat.js';
import type { Ability, Traits } from './traits.js';

/**
 * The first ability that a request needs and its model lacks, or undefined. Such a request is refused before the call
 * (`unsupported_by_model`): without its tools, its images or its schema it would be another request.
 * @param formatLacks What the wire format has no place for, whichever model is asked.
 */
export function lackedBy(
  request: ChatRequest,
  traits: Traits,
  formatLacks: readonly Ability[] = [],
): Ability | undefined {
  const lacks = new Set<Ability>([...(traits.lacks ?? []), ...formatLacks]);
  // Who refuses the parameter lacks the ability: it must not be dropped like others.
  if (traits.refuses?.includes('tools')) lacks.add('tools');
  if (traits.refuses?.includes('responseFormat')) lacks.add('json_object').add('json_schema');
  return neededBy(request).find((ability) => lacks.has(ability));
}

/** The abilities that a request needs, without repeats. A `toolChoice` of `none` needs no tools. */
export function neededBy({ messages, tools = [], toolChoice, responseFormat }: ChatRequest): Ability[] {
  const needed = new Set<Ability>();
  const hasToolTurns = messages.some(
    (message) => message.role === 'tool' || (message.role === 'assistant' && message.toolCalls?.length),
  );
  if ((tools.length > 0 && toolChoice !== 'none') || hasToolTurns) needed.add('tools');
  for (const part of messages.flatMap(({ content }): ContentPart[] =>
    Array.isArray(content) ? content : [],
  )) {
    if (part.type === 'image') needed.add('images');
    if (part.type === 'document') needed.add('documents');
    if (part.type === 'document' && part.source.from === 'url') needed.add('document_urls');
  }
  if (responseFormat !== undefined && responseFormat.type !== 'text') needed.add(responseFormat.type);
  return [...needed];
}
