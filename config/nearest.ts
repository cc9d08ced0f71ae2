import { distance } from 'fastest-levenshtein';

/** The name that was probably meant; undefined when none is near. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const tolerated = Math.max(1, Math.floor(written.length * 0.4));
  const [best] = known
    .map((name) => ({ name, away: distance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ away }) => away <= tolerated)
    .sort((one, other) => one.away - other.away);
  return best?.name;
}
