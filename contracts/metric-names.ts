/**
 * Every metric that Holdfast emits, in one place: dashboards, alert rules and tests take the names from here.
 * The GenAI names are those of the released semantic conventions; own names start with `holdfast_`.
 */
export const metricNames = {
  /** Seconds of one completion, by model and error. */
  operationDuration: 'gen_ai.client.operation.duration',
  /** Tokens of one completion, by model and token type. */
  tokenUsage: 'gen_ai.client.token.usage',
  /** Provider calls, by model, provider and outcome. */
  attempts: 'holdfast_attempts_total',
  /** Times that another model was called, by from, to and reason. */
  fallbacks: 'holdfast_fallbacks_total',
  /** Finished completions, by outcome. */
  completions: 'holdfast_completions_total',
  /** US dollars spent, by model. */
  costUsd: 'holdfast_cost_usd_total',
} as const;
