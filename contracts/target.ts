/**
 * Which models may answer: one model without fallback, an explicit chain, a configured chain or strategy by name, or
 * a strategy that the config's rules choose by what is asked.
 */
export type CompletionTarget =
  | { kind: 'model'; model: string }
  | { kind: 'models'; models: string[] }
  | { kind: 'chain'; chain: string }
  | { kind: 'strategy'; strategy: string }
  /** The strategy is chosen by what is asked: by `task` where it is given, else by the last user message. */
  | { kind: 'auto'; task?: string; budget?: 'low' };

/** What was asked for, in one name; the first one of an explicit list. */
export function targetName(target: CompletionTarget): string {
  switch (target.kind) {
    case 'model':
      return target.model;
    case 'models':
      return target.models[0] ?? '';
    case 'chain':
      return target.chain;
    case 'strategy':
      return target.strategy;
    case 'auto':
      return 'auto';
  }
}
