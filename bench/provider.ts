/** What the mock provider does with one request; the request's last message has it as JSON. */
export interface Plan {
  /** Pieces of the answer. */
  tokens: number;
  /** Milliseconds before the first token. */
  delayMs: number;
  /** Milliseconds after each token. */
  gapMs: number;
  /** Breaks the stream off after so many tokens: `reset` by TCP, `end` as if it were whole. */
  breaks?: { after: number; how: 'reset' | 'end' };
}

/** What the provider process is started with. */
export interface ProviderInput {
  /** How long a connection without a request is kept open, in milliseconds. */
  keepAliveMs: number;
}

/** What it answers to. */
export interface ProviderFacts extends Record<string, unknown> {
  state: {
    /** Requests so far. */
    calls: number;
    /** Requests under way. */
    open: number;
    sockets: number;
  };
}

export const planIn = (message: string): Plan => JSON.parse(message) as Plan;

/** The token at a place of the answer. */
export const wordAt = (at: number): string => `${at === 0 ? '' : ' '}word${String(at)}`;

/** The whole answer of a plan. */
export const answerOf = ({ tokens }: Pick<Plan, 'tokens'>): string =>
  Array.from({ length: tokens }, (_, at) => wordAt(at)).join('');

/** A request in OpenAI's format with a plan for the provider. */
export function requestOf(plan: Plan, stream: boolean): string {
  const messages = [{ role: 'user', content: JSON.stringify(plan) }];
  const options = stream ? { stream_options: { include_usage: true } } : {};
  return JSON.stringify({ model: 'gpt-4', stream, messages, ...options });
}
