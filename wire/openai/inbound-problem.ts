import type { z } from 'zod';

/** Why a request is refused with status 400, in the words of OpenAI's error body. */
export interface InboundProblem {
  message: string;
  /** The field, as OpenAI names it: `messages[0].content`. */
  param: string;
}

/** The first field that broke the schema, as deep as it is known. Repeats no value: it may be anybody's words. */
export function problemOf(error: z.ZodError): InboundProblem {
  const [first] = error.issues;
  const { path, message } = first === undefined ? { path: [], message: 'invalid' } : deepest(first);
  const param = paramOf(path);
  return { message: param === '' ? message : `${param}: ${message}`, param };
}

type Issue = z.core.$ZodIssue;

/** Of alternatives, the one that was meant is the one that went furthest before it broke. */
function deepest(issue: Issue): { path: PropertyKey[]; message: string } {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .flatMap((alternative) => alternative.slice(0, 1))
    .map(deepest)
    .toSorted((one, other) => other.path.length - one.path.length)[0];
  return inner === undefined || inner.path.length === 0
    ? issue
    : { path: [...issue.path, ...inner.path], message: inner.message };
}

/** `['messages', 0, 'content']` as `messages[0].content`. */
export function paramOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (soFar, key) =>
      typeof key === 'number' ? `${soFar}[${key}]` : `${soFar}${soFar === '' ? '' : '.'}${String(key)}`,
    '',
  );
}

/** The places of what was sent and is not in what was understood; a null asks for nothing. */
export function notUnderstood(sent: unknown, understood: unknown, path: readonly PropertyKey[]): string[] {
  if (sent === understood || typeof sent !== 'object' || sent === null) return [];
  if (Array.isArray(sent)) {
    const counterparts: readonly unknown[] = Array.isArray(understood) ? understood : [];
    return sent.flatMap((each, at) => notUnderstood(each, counterparts[at], [...path, at]));
  }
  const counterpart = new Map<string, unknown>(
    typeof understood === 'object' && understood !== null ? Object.entries(understood) : [],
  );
  return Object.entries(sent).flatMap(([key, value]: [string, unknown]) => {
    if (value === null || value === undefined) return [];
    return counterpart.has(key)
      ? notUnderstood(value, counterpart.get(key), [...path, key])
      : [paramOf([...path, key])];
  });
}
