/** One request, as it came over HTTP. */
export interface GatewayRequest {
  body: unknown;
  headers: Pick<Headers, 'get'>;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
  requestId: string;
  /** Whose completions these are. */
  owner: string;
  /** Told how many tokens the completion used, once it has its answer. */
  onTokens?: (tokens: number) => void;
}
