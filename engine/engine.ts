import type { TLSConfig } from '@temporalio/client';

/** Where a file-backed server keeps its workflows, or that it forgets them when it ends. */
export type DatabaseChoice = { kind: 'file'; path?: string } | { kind: 'memory' };

export interface EngineOptions {
  /** Environment to read settings from; default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Called with lines for people while something takes time. */
  onProgress?: (line: string) => void;
  /** Ignore configured and running servers; own ports, own database, gone after `stop()`. For tests. */
  isolated?: boolean;
  /** Default: a file in the data folder. Naming one means a server of our own, unless one is configured. */
  database?: DatabaseChoice;
  /** Default: what TEMPORAL_NAMESPACE or the Temporal profile says, else `default`. */
  namespace?: string;
  /** Name -> Temporal type (`Keyword`, `Int`, ...). Registered on local servers, never on a configured one. */
  searchAttributes?: Record<string, string>;
  /** Aborting it ends a start under way, and whatever that start began. */
  signal?: AbortSignal;
}

/** How the server was found: `running` is one that answered already, the last four name where the binary came from. */
export type EngineSource = CliSource | 'configured' | 'running';
export type CliSource = 'path' | 'cache' | 'sdk-download' | 'go-install';

/** Accepted by `Connection.connect` and by `NativeConnection.connect`. */
export interface EngineConnection {
  address: string;
  tls?: TLSConfig | boolean;
  apiKey?: string;
  metadata?: Record<string, string>;
}

export interface EngineExit {
  /** true when `stop()` asked for it */
  expected: boolean;
  /** One sentence for people, with the server's last words when it was not expected. */
  description: string;
}

/** A Temporal server that answers. */
export interface Engine {
  source: EngineSource;
  address: string;
  namespace: string;
  /** Base URL of the Temporal UI; null when unknown. */
  uiUrl: string | null;
  /** true: `stop()` ends the server. false: it belongs to someone else and `stop()` leaves it alone. */
  startedHere: boolean;
  connection: EngineConnection;
  pid?: number;
  databasePath?: string;
  /** Where the server's own output goes. */
  logPath?: string;
  /** Settles when the server's process ends; never for a server whose process is not known. */
  exited: Promise<EngineExit>;
  /** Ends a server started here and resolves when it is gone. May be called again. */
  stop(): Promise<void>;
}
