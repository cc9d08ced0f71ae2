import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { ResolvedKey } from '../providers/keys.js';
import type { Provider } from '../providers/provider.js';

/** What the activities need from outside; tests pass their own clock and chance. */
export interface ActivityDependencies {
  config: Config;
  configHash: string;
  /** One per configured provider, by its name. */
  providers: ReadonlyMap<string, Provider>;
  /** Reads a key reference such as `env:OPENAI_API_KEY` at the moment of the call. */
  resolveKey: (reference: string) => Promise<ResolvedKey>;
  /** Whether Holdfast's search attributes are registered in the namespace. */
  searchAttributes: boolean;
  logger: Logger;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}
