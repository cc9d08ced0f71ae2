import { textOf, type ChatMessage, type ChatRequest, type ContentPart } from '../contracts/chat.js';
import { countTokens } from '../providers/token-count.js';
import { problemResponse, idHeaders } from './problem-response.js';
import { anthropic } from './wires/anthropic.js';

/** What the vendor charges at most for an image at its usual size. */
const tokensPerImage = 1_600;
/** A few pages; how many a document has is not looked up. */
const tokensPerDocument = 4_000;
/** Around each message, each call of a tool and each definition of one. */
const tokensAround = 4;

/**
 * Answers `POST /v1/messages/count_tokens`: the tokens of what is asked, estimated with OpenAI's tokenizer, since no
 * vendor's own is published for other models and whoever will answer is not known yet. Marked with
 * `x-holdfast-estimate: true`. Images and documents count as a fixed number each.
 * @param body The request as JSON; one that is no request is a 400 in Anthropic's form.
 */
export async function countTokensResponse(body: unknown, requestId: string): Promise<Response> {
  // A count needs no limit for an answer that nobody asks for.
  const read = anthropic.read(isRecord(body) ? { ...body, max_tokens: 1, stream: false } : body);
  if (!read.ok) return problemResponse(anthropic, read.problem, requestId);
  return Response.json(
    { input_tokens: await estimateTokens(read.chat) },
    { headers: { ...idHeaders(anthropic, requestId), 'x-holdfast-estimate': 'true' } },
  );
}

async function estimateTokens({ messages, tools = [] }: ChatRequest): Promise<number> {
  const texts = [...messages.flatMap(textsOf), ...tools.map((tool) => JSON.stringify(tool))];
  let tokens = tokensAround * texts.length;
  for (const part of messages.flatMap(partsOf)) {
    if (part.type === 'image') tokens += tokensPerImage;
    if (part.type === 'document') tokens += tokensPerDocument;
  }
  for (const text of texts) {
    for await (const piece of countTokens('o200k_base', text)) tokens += piece.tokens;
  }
  return tokens;
}

function textsOf(message: ChatMessage): string[] {
  const said = textOf(message.content);
  if (message.role !== 'assistant') return [said];
  const { toolCalls = [], reasoning = [] } = message;
  return [
    said,
    ...toolCalls.map(({ name, arguments: json }) => `${name} ${json}`),
    ...reasoning.map(({ text }) => text),
  ];
}

function partsOf({ content }: ChatMessage): ContentPart[] {
  return Array.isArray(content) ? content : [];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
