import type { ChatParameters } from '../contracts/chat.js';
import type { Ability, Traits } from '../wire/traits.js';
import { modelFacts } from './model-facts.js';

/**
 * What models of OpenAI, Anthropic and Google differ in, at the vendor's own address and at Azure: the package with windows and
 * prices does not know it. First match wins; a model that is not here is taken to have everything, and what it refuses is
 * found out by the call. Sources, read in November 2026:
 * https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning (parameters of reasoning models),
 * https://developers.openai.com/api/docs/guides/structured-outputs (json_schema: from gpt-4o on),
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs (json_schema: from 4.5 on, and Opus 4.1),
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking,
 * https://platform.claude.com/docs/en/about-claude/models/migration-guide (no prefill from 4.6 on: a 400),
 * https://platform.claude.com/docs/en/models/haiku-5-5/migration-guide (no sampling parameters, no thinking budget: an
 * effort in its place), https://ai.google.dev/gemini-api/docs/thought-signatures (demanded from Gemini 3 on).
 */
const known: readonly { vendor: 'openai' | 'anthropic' | 'google'; models: RegExp; traits: Traits }[] = [
  {
    vendor: 'openai',
    models: /^gpt-4(-0314|-0613|-32k.*)?$/,
    traits: { refuses: noReasoning(), lacks: without('images', 'documents', 'json_object', 'json_schema') },
  },
  {
    vendor: 'openai',
    // At Azure without the dot.
    models: /^gpt-3\.?5-turbo/,
    traits: { refuses: noReasoning(), lacks: without('images', 'documents', 'json_schema') },
  },
  {
    vendor: 'openai',
    models: /^gpt-4-/,
    traits: { refuses: noReasoning(), lacks: without('documents', 'json_schema') },
  },
  { vendor: 'openai', models: /^(chatgpt-4o|gpt-4o|gpt-4\.1)/, traits: { refuses: noReasoning() } },
  {
    // Not from 5.1 to 5.6: those take sampling parameters where they do not reason.
    vendor: 'openai',
    models: /^(o[134](-|$)|gpt-5(-mini|-nano|-pro)?(-\d{4}.*)?$|gpt-6)/,
    traits: {
      refuses: ['temperature', 'topP', 'presencePenalty', 'frequencyPenalty', 'logprobs', 'topLogprobs'],
      tokenLimitName: 'max_completion_tokens',
      systemRole: 'developer',
    },
  },
  {
    vendor: 'anthropic',
    models: /^claude-3-(opus|sonnet|haiku|5)/,
    traits: { refuses: noReasoning(), lacks: without('json_schema') },
  },
  {
    vendor: 'anthropic',
    models: /^claude-(3-7-|sonnet-4(-0|-\d{8}|$)|opus-4(-0|-\d{8}|$))/,
    traits: { lacks: without('json_schema'), thinking: 'budget' },
  },
  {
    vendor: 'anthropic',
    models: /^claude-(opus-4-1|(opus|sonnet|haiku)-4-5)/,
    traits: { thinking: 'budget' },
  },
  {
    vendor: 'anthropic',
    models: /^claude-(opus|sonnet)-4-6/,
    traits: { thinking: 'adaptive', prefill: 'refused' },
  },
  {
    vendor: 'anthropic',
    models: /^claude-[a-z]+-(4-[789]|[5-9])/,
    traits: { refuses: ['temperature', 'topP', 'topK'], thinking: 'adaptive', prefill: 'refused' },
  },
  { vendor: 'google', models: /^(models\/)?gemini-([3-9]|\d\d)/, traits: { thoughtSignatures: 'demanded' } },
];

/** Who serves models of others under names that each customer gives (Azure: those of deployments). */
const namedByCustomers: ReadonlySet<string> = new Set(['azure']);

/** A model, and where it is served. */
export interface KnownAs {
  /** Whose address it is; undefined: nobody's that is known. */
  vendor: string | undefined;
  kind: 'openai' | 'anthropic';
  upstreamModel: string;
  /** Its name in the config. */
  name: string;
}

/**
 * How a model differs from its format, as far as it is known; undefined when it is not. Where customers name the models,
 * the upstream name counts if it is a model's, and else the name in the config, if that is one.
 */
export function knownTraits({ vendor, kind, upstreamModel, name }: KnownAs): Traits | undefined {
  if (vendor === undefined || !namedByCustomers.has(vendor)) return traitsOf(vendor, upstreamModel);
  const model = [upstreamModel, name].find((each) => Object.keys(modelFacts(kind, each)).length > 0);
  return model === undefined ? undefined : traitsOf(kind, model);
}

function traitsOf(vendor: string | undefined, model: string): Traits | undefined {
  return known.find((entry) => entry.vendor === vendor && entry.models.test(model))?.traits;
}

function noReasoning(): (keyof ChatParameters)[] {
  return ['reasoningEffort', 'reasoningBudget'];
}

function without(...abilities: Ability[]): Ability[] {
  return abilities;
}
