export type { EngineDependencies } from './dependencies.js';
export type {
  CliSource,
  DatabaseChoice,
  Engine,
  EngineConnection,
  EngineExit,
  EngineOptions,
  EngineSource,
} from './engine.js';
export { EngineError, type EngineErrorKind } from './errors.js';
export { findEngine } from './find-engine.js';
export { missingSearchAttributes } from './search-attributes.js';
export { tunedDynamicConfig } from './server-flags.js';
export { signalServer } from './server-process.js';
export { startEngine } from './start-engine.js';
export { watchServer, type ServerWatch } from './watch-server.js';
export { workflowUrl } from './ui.js';
