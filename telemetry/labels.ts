import type { CompletionFailureKind } from '../contracts/completion.js';
import { rejectionReasons } from '../contracts/metric-names.js';
import { failureKinds, type Outcome } from '../contracts/outcome.js';

/**
 * Models and providers of the config in force. Any other name is counted as `other`: whatever a trail or a caller says,
 * there are no more series than the config has names.
 */
export interface KnownNames {
  models: Readonly<Record<string, unknown>>;
  providers: Readonly<Record<string, { kind?: string; baseUrl?: string | undefined }>>;
}

/** How a completion ended; `degraded`: with the text that the config sets for the case that no model answers. */
export type CompletionOutcome = 'success' | 'degraded' | CompletionFailureKind;

/** Who an attempt's ending concerns: alerts on models look at `success` and `failure` only. */
export type AttemptClass = 'success' | 'failure' | 'request' | 'not_called' | 'cancelled';

const other = 'other';
/** How a text of the config names itself where a model or a provider would be named. */
const standIn = 'stand-in';

const classes: Readonly<Record<Outcome, AttemptClass>> = {
  success: 'success',
  rate_limited: 'failure',
  overloaded: 'failure',
  server_error: 'failure',
  timeout: 'failure',
  connection: 'failure',
  stalled: 'failure',
  truncated: 'failure',
  malformed: 'failure',
  empty: 'failure',
  worker_lost: 'failure',
  quota_exhausted: 'failure',
  auth_failed: 'failure',
  model_not_found: 'failure',
  misconfigured: 'failure',
  internal_error: 'failure',
  deadline_exceeded: 'failure',
  context_too_long: 'request',
  payload_too_large: 'request',
  unsupported_by_model: 'request',
  content_filtered: 'request',
  bad_request: 'request',
  vetoed: 'request',
  circuit_open: 'not_called',
  budget_exceeded: 'not_called',
  cancelled: 'cancelled',
};

const outcomes: ReadonlySet<string> = new Set([
  'success',
  'degraded',
  'credentials_exhausted',
  'exhausted',
  ...failureKinds,
]);
const fallbackReasons: ReadonlySet<string> = new Set(['skipped', 'slower', ...failureKinds]);
const rejections: ReadonlySet<string> = new Set(rejectionReasons);

const among = (values: ReadonlySet<string>, value: string): string => (values.has(value) ? value : other);

/** Values of labels: each one of a list that is known beforehand, or `other`. */
export class Labels {
  constructor(private readonly known: () => KnownNames) {}

  model(name: string): string {
    return name === standIn || Object.hasOwn(this.known().models, name) ? name : other;
  }

  provider(name: string): string {
    return name === standIn || Object.hasOwn(this.known().providers, name) ? name : other;
  }

  /** The conventions' own name for a provider of the config where they have one, else the config's. */
  wellKnownProvider(name: string): string {
    const { providers } = this.known();
    const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
    return (provider && wellKnown(provider)) ?? this.provider(name);
  }

  outcome(outcome: string): string {
    return among(outcomes, outcome);
  }

  attemptClass(outcome: string): string {
    return Object.hasOwn(classes, outcome) ? classes[outcome as Outcome] : other;
  }

  fallbackReason(reason: string): string {
    return among(fallbackReasons, reason);
  }

  rejection(reason: string): string {
    return among(rejections, reason);
  }
}

/** Values of `gen_ai.provider.name` by how the host ends. */
const providersByHost = [
  ['api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['openai.azure.com', 'azure.ai.openai'],
  ['services.ai.azure.com', 'azure.ai.inference'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['api.groq.com', 'groq'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.x.ai', 'x_ai'],
  ['api.cohere.ai', 'cohere'],
  ['api.cohere.com', 'cohere'],
  ['api.deepseek.com', 'deepseek'],
  ['api.perplexity.ai', 'perplexity'],
] as const;

function wellKnown({ kind, baseUrl }: KnownNames['providers'][string]): string | undefined {
  if (baseUrl === undefined) return kind === 'openai' || kind === 'anthropic' ? kind : undefined;
  if (!URL.canParse(baseUrl)) return undefined;
  const { hostname } = new URL(baseUrl);
  if (/^bedrock-runtime\..+\.amazonaws\.com$/.test(hostname)) return 'aws.bedrock';
  return providersByHost.find(([host]) => hostname === host || hostname.endsWith(`.${host}`))?.[1];
}
