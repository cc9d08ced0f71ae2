/** Where a key is kept. Only this travels: through workflow input, history, logs and errors. */
export type KeyReference = { from: 'env'; name: string } | { from: 'file'; path: string };

export type ParsedReference = { ok: true; reference: KeyReference } | { ok: false; reason: string };

/** `env:NAME` or `file:PATH`. A key may be pasted behind `env:` too, so only names in capitals pass, as such variables have. */
export const keyReferencePattern = /^(?:env:([A-Z_][A-Z0-9_]*)|file:(.+))$/;

/** What to say of anything else. It is not quoted: it may be a key. */
export const keyReferenceRule =
  'A key is given by reference: env:NAME (an environment variable, in capitals) or file:PATH (a file that holds it). Never as the key itself.';

export function parseKeyReference(text: string): ParsedReference {
  const [, name, path] = keyReferencePattern.exec(text.trim()) ?? [];
  if (name !== undefined) return { ok: true, reference: { from: 'env', name } };
  if (path !== undefined) return { ok: true, reference: { from: 'file', path } };
  return { ok: false, reason: keyReferenceRule };
}
