import type { EngineDependencies } from './dependencies.js';
import type { Folders } from './folders.js';

/** The options of a start with every default filled in, once it is clear that no server is configured. */
export interface StartSettings {
  env: NodeJS.ProcessEnv;
  folders: Folders;
  namespace: string;
  searchAttributes: Record<string, string>;
  isolated: boolean;
  onProgress: (line: string) => void;
  signal: AbortSignal | undefined;
  dependencies: EngineDependencies;
}
