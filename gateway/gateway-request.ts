/** One request, as it came over HTTP. */
export interface GatewayRequest {
  body: unknown;
  headers: Pick<Headers, 'get'>;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
  requestId: string;
  /** Whose completions these are. */
  owner: string;
  /** Told, once the completion has ended, how many tokens all its attempts used; the caller's limit counts them. */
  onTokens?: (total: number) => void;
}
