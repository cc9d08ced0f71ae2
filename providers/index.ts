import { createAnthropicProvider } from './anthropic.js';
import { createOpenAIProvider } from './openai.js';
import type { Provider } from './provider.js';
import type { ProviderSettings } from './settings.js';

/** Makes the provider of a config entry. Reads nothing from the environment. */
export function createProvider({ kind, ...settings }: ProviderSettings): Provider {
  return kind === 'openai' ? createOpenAIProvider(settings) : createAnthropicProvider(settings);
}

export { createAnthropicProvider } from './anthropic.js';
export { createOpenAIProvider } from './openai.js';
export type { FormatSettings, KeyHeader, ProviderFormat, ProviderSettings } from './settings.js';
export {
  continuationRequest,
  howToContinue,
  refusesPrefill,
  type ContinuationRequest,
  type ContinuingModel,
} from './continuation.js';
export { checkWindow, type WindowCheck, type WindowModel } from './window.js';
export { resolveKey, shareReads, type KeySources, type ResolvedKey } from './keys.js';
export type {
  Adaptation,
  Provider,
  ProviderCall,
  ProviderFailure,
  ProviderReply,
  StreamLimits,
} from './provider.js';
