export { Holdfast, type CompleteOptions, type HoldfastOptions } from './holdfast.js';
export { CompletionHandle } from './completion-handle.js';
export type { CompletionRequest } from './request.js';
export * from './errors.js';
export type { Attempt, NextStep, Trail } from '../contracts/attempt.js';
export type { ChatMessage, FinishReason, Usage } from '../contracts/chat.js';
export type { CompletionFailureKind, CompletionResult } from '../contracts/completion.js';
export type { FailureKind, Outcome } from '../contracts/outcome.js';
