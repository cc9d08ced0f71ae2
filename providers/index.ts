import { createAnthropicProvider } from './anthropic.js';
import { createOpenAIProvider, type ProviderSettings } from './openai.js';
import type { Provider } from './provider.js';

/** The wire formats that Holdfast speaks to providers. */
export type ProviderFormat = 'openai' | 'anthropic';

/** Makes the provider of a config entry. Reads nothing from the environment. */
export function createProvider({ kind, ...settings }: ProviderSettings & { kind: ProviderFormat }): Provider {
  return kind === 'openai' ? createOpenAIProvider(settings) : createAnthropicProvider(settings);
}

export { createAnthropicProvider } from './anthropic.js';
export { createOpenAIProvider, type ProviderSettings } from './openai.js';
export { checkWindow, type WindowCheck, type WindowModel } from './window.js';
export { resolveKey, shareReads, type KeySources, type ResolvedKey } from './keys.js';
export type { Adaptation, Provider, ProviderCall, ProviderFailure, ProviderReply } from './provider.js';
