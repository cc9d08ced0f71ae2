export type { AnthropicBody, AnthropicMessage, AnthropicTurn } from './body.js';
export { fromAnthropic, type AnthropicRequest } from './from-request.js';
export { defaultMaxTokens } from './limits.js';
export { toAnthropic, type SendOptions } from './request.js';
export { readAnthropic } from './response.js';
export { anthropicStreamReader } from './stream.js';
export { anthropicStreamWriter, type AnthropicStreamWriter } from './write-stream.js';
export { writeAnthropic } from './write.js';
