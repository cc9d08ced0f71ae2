import type { ChatMessage, ChatParameters, ChatRequest } from '../../../contracts/chat.js';
import type { Adaptation } from '../../../wire/adaptation.js';
import { toOpenAI } from '../../../wire/openai/index.js';
import type { Traits } from '../../../wire/traits.js';

export const hello: ChatMessage[] = [{ role: 'user', content: 'Hi.' }];
export const tools = [{ name: 'weather' }];

/** A plain call of the model `gpt`. */
export const translate = (request: ChatRequest, traits: Traits = {}, adaptations: Adaptation[] = []) =>
  toOpenAI('gpt', request, adaptations, traits, { stream: false });

/** A plain call that says hello. */
export const asking = (parameters: ChatParameters, traits: Traits = {}) =>
  translate({ messages: hello, ...parameters }, traits);
