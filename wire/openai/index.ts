/** OpenAI's chat format, outward (a provider is called) and inward (Holdfast is called). */
export { writeOpenAI, type AnswerHeader } from './answer.js';
export { doneData, writeOpenAIChunks, type ChunkWriter } from './answer-chunks.js';
export { fromOpenAI, type Inbound } from './inbound.js';
export type { InboundProblem } from './inbound-problem.js';
export { lackedByOpenAIFormat, toOpenAI } from './request.js';
export { readOpenAI } from './response.js';
export { openAIStreamReader } from './stream.js';
export type { OpenAIBody, OpenAIChunk, OpenAICompletion } from './types.js';
