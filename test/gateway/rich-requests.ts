import type { WireName } from './raw-http.js';

const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==';
const parameters = { type: 'object', properties: { city: { type: 'string' } } };

/** A request of each format that uses all of it, to be spoiled in places. */
export const rich: Record<WireName, object> = {
  openai: {
    messages: [
      { role: 'system', content: 'Be kind.' },
      {
        role: 'user',
        name: 'somebody',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'sun' },
    ],
    tools: [{ type: 'function', function: { name: 'weather', description: 'Of a city', parameters } }],
    tool_choice: { type: 'function', function: { name: 'weather' } },
    parallel_tool_calls: true,
    response_format: { type: 'json_schema', json_schema: { name: 'city', schema: parameters } },
    stream_options: { include_usage: true },
    stop: ['END'],
    max_completion_tokens: 20,
    temperature: 1,
    top_p: 1,
    seed: 1,
    logprobs: false,
    user: 'somebody',
    metadata: { purpose: 'test' },
  },
  anthropic: {
    max_tokens: 2_000,
    system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Words' }, title: 'a' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'abc' },
          { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'sun' }] },
    ],
    tools: [{ name: 'weather', description: 'Of a city', input_schema: parameters }],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    thinking: { type: 'enabled', budget_tokens: 1_024 },
    stop_sequences: ['END'],
    temperature: 1,
    top_k: 3,
    metadata: { user_id: 'somebody' },
  },
};

export type Path = readonly string[];

/** Where something stands in it, at every depth. */
export function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([name, field]: [string, unknown]) =>
    pathsOf(field, [...path, name]),
  );
  return path.length === 0 ? below : [path, ...below];
}

/** The same value with another one at a path. */
export function spoiled(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => (String(at) === name ? spoiled(item, rest, by) : item));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]: [string, unknown]) => [
      key,
      key === name ? spoiled(field, rest, by) : field,
    ]),
  );
}
