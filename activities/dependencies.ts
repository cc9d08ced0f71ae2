import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { ModelHealth } from '../health/model-health.js';
import type { Balancer } from '../health/balancer.js';
import type { ResolvedKey } from '../providers/keys.js';
import type { Provider } from '../providers/provider.js';
import type { ChannelModules } from './channels/channel.js';
import type { Attendances } from './attendances.js';
import type { Hooks } from './hooks/load-hooks.js';

/** A config and what was built from it; replaced as a whole when the config is read anew. */
export interface Setup {
  config: Config;
  configHash: string;
  /** One per configured provider, by its name. */
  providers: ReadonlyMap<string, Provider>;
  hooks: Hooks;
  /** Alert channels that are code of the user's. */
  channelModules: ChannelModules;
}

/** What the activities need from outside; tests pass their own clock and chance. */
export interface ActivityDependencies {
  /**
   * The setup of the config with this hash; without one, or where it is not known here, the one in force. Asked once for
   * each attempt, so that one attempt never sees two.
   */
  setup: (configHash?: string) => Setup;
  /** Reads a key reference such as `env:OPENAI_API_KEY` at the moment of the call. */
  resolveKey: (reference: string) => Promise<ResolvedKey>;
  /** Whether Holdfast's search attributes are registered in the namespace. */
  searchAttributes: boolean;
  attendances: Attendances;
  health: ModelHealth;
  /** Chooses the first model where the config balances; absent: chains keep their order. */
  balancer?: Balancer;
  logger: Logger;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}
