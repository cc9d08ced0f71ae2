import type {
  ChatMessage,
  ChatParameters,
  ChatRequest,
  ContentPart,
  MediaSource,
  ResponseFormat,
} from '../../contracts/chat.js';
import { notUnderstood, problemOf, type InboundProblem } from './inbound-problem.js';
import { requestSchema, type InboundBody, type InboundMessage } from './inbound-schema.js';
import { present } from './present.js';

/** A request in OpenAI's chat format, understood or refused. */
export type Inbound =
  | {
      ok: true;
      model: string;
      request: ChatRequest;
      stream: boolean;
      /** The stream is to end with a chunk that holds the usage. */
      includeUsage: boolean;
      /** Fields that have no effect here, by place: to be said to the caller. */
      ignored: string[];
    }
  | { ok: false; problem: InboundProblem };

/**
 * Reads the body of `POST /chat/completions`. A field of a wrong type is a problem that names it; a field that Holdfast
 * does not know is passed on to providers of this format in `extra`.
 */
export function fromOpenAI(body: unknown): Inbound {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) return { ok: false, problem: problemOf(parsed.error) };
  const { data } = parsed;
  const { known, extra, dangerous } = sortFields(body);
  return {
    ok: true,
    model: data.model,
    request: {
      messages: data.messages.map(messageOf),
      ...parametersOf(data),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    },
    stream: data.stream ?? false,
    includeUsage: data.stream_options?.include_usage ?? false,
    ignored: [...dangerous, ...tokenLimitsIn(data), ...notUnderstood(known, data, [])],
  };
}

/** A `__proto__` of a JSON text is an ordinary field until somebody assigns it; nobody gets to. */
function sortFields(body: unknown): {
  known: Record<string, unknown>;
  extra: Record<string, unknown>;
  dangerous: string[];
} {
  const entries: [string, unknown][] = Object.entries(typeof body === 'object' && body !== null ? body : {});
  const isKnown = (name: string): boolean => Object.hasOwn(requestSchema.shape, name);
  return {
    known: Object.fromEntries(entries.filter(([name]) => isKnown(name))),
    extra: Object.fromEntries(entries.filter(([name]) => !isKnown(name) && name !== '__proto__')),
    dangerous: entries.map(([name]) => name).filter((name) => name === '__proto__'),
  };
}

/** Of two token limits the newer name counts. */
function tokenLimitsIn({ max_tokens: older, max_completion_tokens: newer }: InboundBody): string[] {
  const both = typeof older === 'number' && typeof newer === 'number';
  return both && older !== newer ? ['max_tokens'] : [];
}

function parametersOf(body: InboundBody): ChatParameters {
  const { stop, tools, tool_choice: choice, response_format: format } = body;
  return present({
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    stop: typeof stop === 'string' ? [stop] : filled(stop),
    seed: body.seed ?? undefined,
    presencePenalty: body.presence_penalty ?? undefined,
    frequencyPenalty: body.frequency_penalty ?? undefined,
    tools: filled(tools)?.map(({ function: { name, description, parameters, strict } }) => ({
      name,
      ...present({
        description: description ?? undefined,
        parameters: parameters ?? undefined,
        strict: strict ?? undefined,
      }),
    })),
    toolChoice:
      typeof choice === 'object' && choice !== null ? { tool: choice.function.name } : (choice ?? undefined),
    parallelToolCalls: body.parallel_tool_calls ?? undefined,
    responseFormat: format ? responseFormatOf(format) : undefined,
    reasoningEffort: body.reasoning_effort ?? undefined,
    n: body.n ?? undefined,
    logprobs: body.logprobs ?? undefined,
    topLogprobs: body.top_logprobs ?? undefined,
    user: body.user ?? undefined,
  });
}

/** An empty list asks for as little as none: clients send it where they have nothing to say. */
function filled<Item>(list: Item[] | null | undefined): Item[] | undefined {
  return list === null || list?.length === 0 ? undefined : list;
}

function responseFormatOf(format: NonNullable<InboundBody['response_format']>): ResponseFormat {
  if (format.type !== 'json_schema') return { type: format.type };
  const { name, schema, description, strict } = format.json_schema;
  return {
    type: 'json_schema',
    name,
    schema: schema ?? {},
    ...present({ description: description ?? undefined, strict: strict ?? undefined }),
  };
}

function messageOf(message: InboundMessage): ChatMessage {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: message.content };
    case 'user':
      return {
        role: 'user',
        content: typeof message.content === 'string' ? message.content : message.content.map(partOf),
        ...present({ name: message.name ?? undefined }),
      };
    case 'assistant':
      return answerOf(message);
    case 'tool':
      return { role: 'tool', toolCallId: message.tool_call_id, content: message.content };
  }
}

function answerOf(message: Extract<InboundMessage, { role: 'assistant' }>): ChatMessage {
  const { content, refusal, tool_calls: calls } = message;
  const parts = Array.isArray(content) ? content : [];
  const refused = parts.flatMap((part) => (part.type === 'refusal' ? [part.refusal] : [])).join('');
  const thought = message.reasoning_content || message.reasoning;
  return {
    role: 'assistant',
    ...present({
      content: Array.isArray(content)
        ? content.filter((part) => part.type === 'text')
        : (content ?? undefined),
      refusal: refusal ?? (refused === '' ? undefined : refused),
      toolCalls: filled(calls)?.map(({ id, function: { name, arguments: json }, extra_content: extra }) => ({
        id,
        name,
        arguments: json,
        ...present({ signature: extra?.google?.thought_signature || undefined }),
      })),
      reasoning: thought ? [{ text: thought }] : undefined,
    }),
  };
}

type InboundPart = Exclude<Extract<InboundMessage, { role: 'user' }>['content'], string>[number];

function partOf(part: InboundPart): ContentPart {
  switch (part.type) {
    case 'text':
      return part;
    case 'image_url': {
      const { url, detail } = part.image_url;
      return { type: 'image', source: sourceOf(url), ...present({ detail: detail ?? undefined }) };
    }
    case 'file': {
      const { file_data: data, filename } = part.file;
      return { type: 'document', source: sourceOf(data), ...present({ name: filename ?? undefined }) };
    }
  }
}

const base64Marker = ';base64,';

function sourceOf(url: string): MediaSource {
  const marker = url.indexOf(base64Marker);
  if (!url.startsWith('data:') || marker === -1) return { from: 'url', url };
  return {
    from: 'data',
    mediaType: url.slice('data:'.length, marker),
    data: url.slice(marker + base64Marker.length),
  };
}
