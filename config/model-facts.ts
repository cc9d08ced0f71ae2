import { createRequire } from 'node:module';
import type * as genaiPrices from '@pydantic/genai-prices';
import type { ModelPrice, TieredPrices } from '@pydantic/genai-prices';
import type { Price } from '../policy/cost.js';

/** Where a model is served. */
export interface ServedAt {
  kind: 'openai' | 'anthropic';
  baseUrl?: string | undefined;
}

export interface ModelFacts {
  /** Tokens that the model can hold. */
  contextWindow?: number;
  /** US dollars per million tokens. */
  price?: Price;
}

const vendorUrl = { openai: 'https://api.openai.com/v1', anthropic: 'https://api.anthropic.com' };

/** The package with the facts has 1 MB: it is read when something is asked of it. */
function book(): typeof genaiPrices {
  return createRequire(import.meta.url)('@pydantic/genai-prices') as typeof genaiPrices;
}

/** Whose models are served at an address (`openai`, `azure`, `groq`); undefined where nobody's are known to be. */
export function vendorAt({ kind, baseUrl = vendorUrl[kind] }: ServedAt): string | undefined {
  return book().findProvider({ providerApiUrl: baseUrl })?.id;
}

/** Window and price that a vendor publishes for a model, as far as `@pydantic/genai-prices` has them. */
export function modelFacts(vendor: string | undefined, upstreamModel: string): ModelFacts {
  if (vendor === undefined) return {};
  const found = book().calcPrice({ input_tokens: 0, output_tokens: 0 }, upstreamModel, {
    providerId: vendor,
  });
  if (found === null) return {};
  const { model, model_price: prices } = found;
  const price = priceFrom(prices);
  return {
    ...(model.context_window === undefined ? {} : { contextWindow: model.context_window }),
    ...(price === undefined ? {} : { price }),
  };
}

function priceFrom(prices: ModelPrice): Price | undefined {
  const base = pricesAt(prices, 0);
  if (base === undefined) return undefined;
  const starts = new Set(
    Object.values(prices).flatMap((price) =>
      typeof price === 'object' ? price.tiers.map(({ start }) => start) : [],
    ),
  );
  const longPrompts = [...starts]
    .sort((one, other) => one - other)
    .flatMap((above) => {
      const higher = pricesAt(prices, above + 1);
      return higher === undefined ? [] : [{ above, ...higher }];
    });
  return { ...base, ...(longPrompts.length === 0 ? {} : { longPrompts }) };
}

/** The prices of a call with so many input tokens; undefined when question or answer have none. */
function pricesAt(prices: ModelPrice, tokens: number): Omit<Price, 'longPrompts'> | undefined {
  const input = priceAt(prices['input_mtok'], tokens);
  const output = priceAt(prices['output_mtok'], tokens);
  if (input === undefined || output === undefined) return undefined;
  const cachedInput = priceAt(prices['cache_read_mtok'], tokens);
  const cacheWriteInput = priceAt(prices['cache_write_mtok'], tokens);
  return {
    input,
    output,
    ...(cachedInput === undefined ? {} : { cachedInput }),
    ...(cacheWriteInput === undefined ? {} : { cacheWriteInput }),
  };
}

function priceAt(price: number | TieredPrices | undefined, tokens: number): number | undefined {
  if (price === undefined || typeof price === 'number') return price;
  return price.tiers.findLast(({ start }) => tokens > start)?.price ?? price.base;
}
