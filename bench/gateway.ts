/** What a gateway process is started with. */
export interface GatewayInput {
  address: string;
  namespace: string;
  taskQueue: string;
  /** The workflow code, bundled. */
  bundlePath: string;
  providerUrl: string;
  /** Further sections of the config. */
  policy?: Record<string, unknown>;
}

/** What it answers to. */
export interface GatewayFacts extends Record<string, unknown> {
  state: GatewayState;
  /** The same after a collection; the process needs `--expose-gc`. */
  collected: GatewayState;
  /** Provider calls begin while Temporal records the start, from now on. */
  overlap: true;
  /** They begin after it, from now on. */
  ordinary: true;
}

export interface GatewayState {
  /** Completions that somebody waits for. */
  open: number;
  /** Who waits for completions, as the activities know it. */
  attendances: number;
  /** TCP connections of Node: those of clients and of the provider, not of Temporal. */
  sockets: number;
  timers: number;
  /** Bytes. */
  heap: number;
  /** Bytes. */
  rss: number;
  /** CPU time of all threads so far, in milliseconds. */
  cpuMs: number;
}
