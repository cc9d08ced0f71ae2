import type {
  ChatMessage,
  ChatRequest,
  ContentPart,
  ReasoningBlock,
  TextPart,
} from '../../contracts/chat.js';
import { parametersFrom } from './from-parameters.js';
import { assistantBlockTypes, requestSchema, type MediaBody, type MessageBody } from './request-schema.js';
import { typeOf } from './blocks.js';

/** A request as a client of Anthropic's sent it. */
export type AnthropicRequest =
  | {
      ok: true;
      model: string;
      request: ChatRequest;
      stream: boolean;
      /** Fields that Holdfast has no use for, by their path without positions (`messages.content.cache_control`). */
      ignored: string[];
    }
  | { ok: false; problem: { message: string; param: string | null } };

/**
 * Reads the body of `POST /v1/messages`. What is of another type, and content that no neutral form can carry (files,
 * search results, the vendor's own tools), is a problem that names the field; what only tunes the vendor is ignored.
 */
export function fromAnthropic(body: unknown): AnthropicRequest {
  const { kept, ignored } = withoutVendorsWork(body);
  const parsed = requestSchema.safeParse(kept);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue === undefined || issue.path.length === 0 ? null : issue.path.join('.');
    return {
      ok: false,
      problem: { message: `${param ?? 'the body'}: ${issue?.message ?? 'invalid'}`, param },
    };
  }
  const { model, messages, system, stream, ...parameters } = parsed.data;
  const instructions = textParts(system ?? '');
  return {
    ok: true,
    model,
    request: {
      messages: [
        ...(instructions.length === 0 ? [] : [{ role: 'system' as const, content: instructions }]),
        ...messages.flatMap(messagesFrom),
      ],
      ...parametersFrom(parameters),
    },
    stream: stream === true,
    ignored: [...new Set([...ignored, ...unread(kept, parsed.data)])],
  };
}

/**
 * What the vendor's own tools did in earlier turns is left out of them: it was the model's, and another model can read
 * neither the calls nor the encrypted results.
 */
function withoutVendorsWork(body: unknown): { kept: unknown; ignored: string[] } {
  if (!isRecord(body) || !Array.isArray(body['messages'])) return { kept: body, ignored: [] };
  const ignored: string[] = [];
  const messages = body['messages'].flatMap((message: unknown): unknown[] => {
    if (!isRecord(message) || message['role'] !== 'assistant' || !Array.isArray(message['content']))
      return [message];
    const content = message['content'].filter((block: unknown) => {
      const type = typeOf(block);
      const known = type === undefined || assistantBlockTypes.includes(type);
      if (!known) ignored.push(`messages.content.${type}`);
      return known;
    });
    // A turn that was nothing else is none.
    return content.length === 0 && message['content'].length > 0 ? [] : [{ ...message, content }];
  });
  return { kept: { ...body, messages }, ignored };
}

/** The paths of what is in a value and not in what was read of it. */
function unread(value: unknown, read: unknown, path = ''): string[] {
  if (Array.isArray(value)) {
    const items: unknown[] = Array.isArray(read) ? read : [];
    return value.flatMap((item, at) => unread(item, items[at], path));
  }
  if (!isRecord(value) || !isRecord(read)) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    if (field === null || field === undefined) return [];
    return Object.hasOwn(read, name) ? unread(field, read[name], at) : [at];
  });
}

function messagesFrom(message: MessageBody): ChatMessage[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: textParts(message.content) }];
    case 'assistant':
      return [assistantFrom(message.content)];
    case 'user':
      return userFrom(message.content);
  }
}

/** Each result is a message of its own; what else the user says comes after them. */
function userFrom(content: Extract<MessageBody, { role: 'user' }>['content']): ChatMessage[] {
  if (typeof content === 'string') return [{ role: 'user', content }];
  const results = content.flatMap((block): ChatMessage[] => {
    if (block.type !== 'tool_result') return [];
    return [
      {
        role: 'tool',
        toolCallId: block.tool_use_id,
        content: typeof block.content === 'string' ? block.content : (block.content ?? []).map(partFrom),
        ...(block.is_error === true ? { isError: true } : {}),
      },
    ];
  });
  const parts = content.flatMap((block) => (block.type === 'tool_result' ? [] : [partFrom(block)]));
  return parts.length === 0 && results.length > 0
    ? results
    : [...results, { role: 'user', content: short(parts) }];
}

function assistantFrom(content: Extract<MessageBody, { role: 'assistant' }>['content']): ChatMessage {
  if (typeof content === 'string') return { role: 'assistant', content };
  const texts = content.flatMap((block): TextPart[] => (block.type === 'text' ? [textPart(block)] : []));
  const toolCalls = content.flatMap((block) =>
    block.type === 'tool_use'
      ? [{ id: block.id, name: block.name, arguments: JSON.stringify(block.input) }]
      : [],
  );
  const reasoning = content.flatMap((block): ReasoningBlock[] => {
    if (block.type === 'thinking') return [{ text: block.thinking, signature: block.signature }];
    return block.type === 'redacted_thinking' ? [{ text: '', redacted: block.data }] : [];
  });
  return {
    role: 'assistant',
    ...(texts.length === 0 ? {} : { content: short(texts) }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(reasoning.length === 0 ? {} : { reasoning }),
  };
}

function partFrom(block: MediaBody): ContentPart {
  switch (block.type) {
    case 'text':
      return textPart(block);
    case 'image':
      return { type: 'image', source: mediaSource(block.source) };
    case 'document':
      return {
        type: 'document',
        source: mediaSource(block.source),
        ...(block.title === undefined || block.title === null ? {} : { name: block.title }),
      };
  }
}

function mediaSource(source: Extract<MediaBody, { source: unknown }>['source']) {
  switch (source.type) {
    case 'url':
      return { from: 'url' as const, url: source.url };
    case 'base64':
      return { from: 'data' as const, mediaType: source.media_type, data: source.data };
    case 'text':
      return {
        from: 'data' as const,
        mediaType: source.media_type,
        data: Buffer.from(source.data).toString('base64'),
      };
  }
}

const textPart = ({ text }: { text: string }): TextPart => ({ type: 'text', text });

function textParts(content: string | { text: string }[]): string | TextPart[] {
  return typeof content === 'string' ? content : short(content.map(textPart));
}

/** A single text as a string. */
function short<Part extends ContentPart>(parts: Part[]): string | Part[] {
  const [only, ...more] = parts;
  return only?.type === 'text' && more.length === 0 ? only.text : parts;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
