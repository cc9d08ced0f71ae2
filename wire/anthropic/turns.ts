import { textOf, type ChatMessage, type ReasoningBlock } from '../../contracts/chat.js';
import type { AnthropicTurn, AssistantBlock, ToolUseBlock, UserBlock } from './body.js';
import { mediaBlocks, saysSomething } from './content.js';
import type { Report } from './parameters.js';
import { inputOf, toolIds } from './tools.js';

type AssistantMessage = Extract<ChatMessage, { role: 'assistant' }>;
type ToolMessage = Extract<ChatMessage, { role: 'tool' }>;

/**
 * The instructions, in order. The format has one place for them, before the conversation: those from its middle go
 * there too, as in Anthropic's own translation of OpenAI's format. So they keep their rank and lose their place.
 */
export function instructionsOf(messages: readonly ChatMessage[]): string[] {
  return messages
    .filter(({ role }) => role === 'system')
    .map(({ content }) => textOf(content))
    .filter(saysSomething);
}

/**
 * The conversation. Consecutive messages of one role are joined, since compatible servers insist that the roles
 * alternate; the results of tools are what the user says.
 * @param sendsReasoning Whether the model takes back what it thought. Only blocks that Anthropic signed can be sent.
 */
export function turnsOf(messages: readonly ChatMessage[], sendsReasoning: boolean): AnthropicTurn[] {
  const idFor = toolIds();
  const turns: ({ role: 'user'; blocks: UserBlock[] } | { role: 'assistant'; blocks: AssistantBlock[] })[] =
    [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (message.role === 'assistant') {
      const blocks = assistantBlocks(message, sendsReasoning, idFor);
      if (last?.role === 'assistant') last.blocks.push(...blocks);
      else if (blocks.length > 0) turns.push({ role: 'assistant', blocks });
    } else if (message.role !== 'system') {
      const blocks = message.role === 'tool' ? [resultBlock(message, idFor)] : mediaBlocks(message.content);
      if (last?.role === 'user') last.blocks.push(...blocks);
      else if (blocks.length > 0) turns.push({ role: 'user', blocks });
    }
  }
  return turns.map((turn, at) =>
    turn.role === 'user'
      ? { role: 'user', content: compact(resultsFirst(turn.blocks)) }
      : {
          role: 'assistant',
          content: compact(at === turns.length - 1 ? asPrefill(turn.blocks) : turn.blocks),
        },
  );
}

function assistantBlocks(
  { content, toolCalls = [], reasoning = [], refusal = '' }: AssistantMessage,
  sendsReasoning: boolean,
  idFor: (id: string) => string,
): AssistantBlock[] {
  const thoughts = sendsReasoning ? reasoning.flatMap(thinkingBlock) : [];
  const said = typeof content === 'string' ? [content] : (content ?? []).map(({ text }) => text);
  const texts = (said.some(saysSomething) ? said : [refusal]).filter(saysSomething);
  const calls = toolCalls.map((call): ToolUseBlock => ({
    type: 'tool_use',
    id: idFor(call.id),
    name: call.name,
    input: inputOf(call.arguments),
  }));
  // A turn of thoughts alone is none.
  if (texts.length + calls.length === 0) return [];
  return [...thoughts, ...texts.map((text) => ({ type: 'text' as const, text })), ...calls];
}

/** Says what of the messages has no place in the format, or another one. */
export function reportMessages(
  messages: readonly ChatMessage[],
  sendsReasoning: boolean,
  report: Report,
): void {
  const first = messages.findIndex(({ role }) => role !== 'system');
  if (first !== -1 && instructionsOf(messages.slice(first)).length > 0) {
    report('messages', 'mapped', 'instructions in the middle, sent with those at the beginning');
  }
  const thoughts = messages.flatMap((message) => (message.role === 'assistant' && message.reasoning) || []);
  if (thoughts.some((thought) => !sendsReasoning || thinkingBlock(thought).length === 0)) {
    report('messages', 'dropped', 'the reasoning of earlier turns');
  }
  if (messages.some((message) => message.role === 'user' && message.name !== undefined)) {
    report('messages', 'dropped', 'the names of participants');
  }
}

/** Nothing where the block is another vendor's: without a signature Anthropic refuses it. */
export function thinkingBlock({ text, signature, redacted }: ReasoningBlock): AssistantBlock[] {
  if (redacted !== undefined) return [{ type: 'redacted_thinking', data: redacted }];
  return signature === undefined ? [] : [{ type: 'thinking', thinking: text, signature }];
}

function resultBlock(
  { toolCallId, content, isError }: ToolMessage,
  idFor: (id: string) => string,
): UserBlock {
  const blocks = mediaBlocks(content);
  return {
    type: 'tool_result',
    tool_use_id: idFor(toolCallId),
    ...(blocks.length === 0 ? {} : { content: typeof content === 'string' ? content : blocks }),
    ...(isError === true ? { is_error: true } : {}),
  };
}

/** Anthropic wants a turn's results before its words. */
function resultsFirst(blocks: UserBlock[]): UserBlock[] {
  const isResult = ({ type }: UserBlock): boolean => type === 'tool_result';
  return [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))];
}

/** A last turn of the assistant is to be continued, and Anthropic refuses one that ends with white space. */
function asPrefill(blocks: AssistantBlock[]): AssistantBlock[] {
  const last = blocks.at(-1);
  if (last?.type !== 'text') return blocks;
  return [...blocks.slice(0, -1), { type: 'text', text: last.text.trimEnd() }];
}

/** Text alone in the format's short form. */
function compact<Block extends { type: string }>(blocks: Block[]): string | Block[] {
  const [only, ...more] = blocks;
  return more.length === 0 && only?.type === 'text' && 'text' in only && typeof only.text === 'string'
    ? only.text
    : blocks;
}
