import type { Route } from '../contracts/route.js';
import type { Config } from './schema.js';

/** What the config says of calling several models at a time, and of having none left; only what is out of the ordinary. */
export function outagePolicy({
  fallback,
  hedge,
  onExhausted,
  standIn,
  onStreamCut,
}: Config): Pick<Route, 'concurrent' | 'hedge' | 'onExhausted' | 'onStreamCut'> {
  return {
    ...(onStreamCut === 'continue' ? { onStreamCut } : {}),
    ...(fallback?.mode === 'concurrent'
      ? {
          concurrent: {
            ...(fallback.maxTokens === undefined ? {} : { maxTokens: fallback.maxTokens }),
            ...(fallback.timeout === undefined ? {} : { timeoutMs: fallback.timeout }),
          },
        }
      : {}),
    ...(hedge?.enabled === true ? { hedge: { afterMs: hedge.after } } : {}),
    ...(onExhausted === 'park' ? { onExhausted: { action: 'park' } } : {}),
    ...(onExhausted === 'standIn' && standIn !== undefined
      ? { onExhausted: { action: 'standIn', text: standIn } }
      : {}),
  };
}
