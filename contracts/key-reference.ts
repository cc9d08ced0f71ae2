/** Where a key is kept. Only this travels: through workflow input, history, logs and errors. */
export type KeyReference = { from: 'env'; name: string } | { from: 'file'; path: string };

export type ParsedReference = { ok: true; reference: KeyReference } | { ok: false; reason: string };

/**
 * Reads `env:NAME` or `file:PATH`. Anything else may be a key in the wrong place, so it is never repeated; and since a
 * key may be pasted behind `env:` too, only names in capitals pass, as variables for keys are named.
 */
export function parseKeyReference(text: string): ParsedReference {
  const reference = text.trim();
  const name = /^env:([A-Z_][A-Z0-9_]*)$/.exec(reference)?.[1];
  if (name !== undefined) return { ok: true, reference: { from: 'env', name } };
  const path = /^file:(.+)$/.exec(reference)?.[1];
  if (path !== undefined) return { ok: true, reference: { from: 'file', path } };
  return {
    ok: false,
    reason:
      'A key is given by reference: env:NAME (an environment variable, in capitals) or file:PATH (a file that holds it). Never as the key itself.',
  };
}
