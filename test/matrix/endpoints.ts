import { parseConfig } from '../../config/load.js';
import { presets, type PresetName } from '../../config/presets.js';
import type { ModelConfig, ProviderConfig } from '../../config/resolve.js';

/** Endpoints of the matrix, each with a model that is typical of it, and the vendor's page that its column follows. */
interface Column {
  endpoint: PresetName | 'openai' | 'anthropic';
  upstreamModel: string;
  /** Where each customer has an address of his own. */
  baseUrl?: string;
}

const columns: readonly Column[] = [
  { endpoint: 'openai', upstreamModel: 'gpt-4.1' },
  { endpoint: 'openai', upstreamModel: 'gpt-5' },
  { endpoint: 'openai', upstreamModel: 'gpt-4' },
  { endpoint: 'anthropic', upstreamModel: 'claude-opus-5-5' },
  { endpoint: 'anthropic', upstreamModel: 'claude-sonnet-4-5' },
  { endpoint: 'anthropic', upstreamModel: 'claude-3-opus-20240229' },
  {
    endpoint: 'azure-openai',
    upstreamModel: 'gpt-4.1',
    baseUrl: 'https://example.openai.azure.com/openai/v1',
  },
  { endpoint: 'cohere', upstreamModel: 'command-a-03-2025' },
  { endpoint: 'gemini', upstreamModel: 'gemini-2.5-flash' },
  { endpoint: 'groq', upstreamModel: 'openai/gpt-oss-120b' },
  { endpoint: 'mistral', upstreamModel: 'mistral-large-latest' },
  { endpoint: 'ollama', upstreamModel: 'qwen3-coder' },
  { endpoint: 'openrouter', upstreamModel: 'deepseek/deepseek-chat' },
  { endpoint: 'together', upstreamModel: 'meta-llama/Llama-3.3-70B-Instruct-Turbo' },
  { endpoint: 'vllm', upstreamModel: 'served-model', baseUrl: 'http://127.0.0.1:8000/v1' },
];

/** One column, as the config of Holdfast resolves it. */
export interface Endpoint {
  /** The preset, or the format where the vendor is its author. */
  name: string;
  title: string;
  upstreamModel: string;
  provider: ProviderConfig;
  model: ModelConfig;
  /** Where what is known of it was read; none for the two vendors whose format it is. */
  sources: readonly string[];
}

export function endpoints(): Endpoint[] {
  return columns.map(({ endpoint, upstreamModel, baseUrl }) => {
    const own = endpoint === 'openai' || endpoint === 'anthropic';
    const config = parseConfig(
      {
        providers: {
          [endpoint]: {
            ...(own ? { kind: endpoint } : { preset: endpoint }),
            ...(baseUrl === undefined ? {} : { baseUrl }),
            keys: [],
          },
        },
        models: { 'the-model': { provider: endpoint, upstreamModel } },
        chains: { default: ['the-model'] },
      },
      'the matrix',
    );
    const provider = config.providers[endpoint];
    const model = config.models['the-model'];
    if (provider === undefined || model === undefined) throw new Error(`${endpoint} did not resolve`);
    return {
      name: endpoint,
      title: own ? (endpoint === 'openai' ? 'OpenAI' : 'Anthropic') : presets[endpoint].title,
      upstreamModel,
      provider,
      model,
      sources: own ? [] : presets[endpoint].sources,
    };
  });
}
