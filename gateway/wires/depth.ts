/** Deeper than anything that a client means; far less than what exhausts the stack of whoever walks through it. */
const deepest = 100;

/** Whether lists and objects are nested so deep that reading them one within the other cannot be risked. */
export function isTooDeep(value: unknown): boolean {
  let level = [value].filter(isNested);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = level.flatMap((each): unknown[] => Object.values(each ?? {})).filter(isNested);
  }
  return false;
}

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null;

export const tooDeepMessage = `the body is nested more than ${String(deepest)} levels deep`;
