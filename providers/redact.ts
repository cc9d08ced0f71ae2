const longest = 300;
/** More of a text is not looked at: the patterns below are not meant for megabytes. */
const longestRead = 4000;
const shortestPiece = 8;
const removed = '[removed]';

/** What keys look like, whoever issued them. Errors tend to echo the key, often with stars in its middle. */
const keyShapes: RegExp[] = [
  /\b(?:sk|pk|rk|gsk|xai|pplx|hf|r8|nvapi|fw|tgp|csk)[-_][\w*.…-]{6,}/gi,
  /\bAIza[\w*-]{10,}/g,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
  /[^\s"'`,:=]*\*{3,}[^\s"'`,]*/g,
];

/** Places where a key stands, whatever it looks like; the first group stays. */
const keyPlaces: RegExp[] = [
  /\b(bearer\s+)[^\s"'`,]+/gi,
  /\b((?:x-)?(?:api[-_ ]?key|goog-api-key|authorization|access[-_]token)["'`]?\s*[:=]\s*["'`]?(?:bearer\s+|basic\s+)?)[^\s"'`,}&]+/gi,
  /(\w:\/\/)[^\s/@"']+@/g,
  /([?&](?:key|api[-_]?key|token|access_token|sig|signature|code)=)[^&\s"'`]+/gi,
];

/**
 * Makes a text safe to be recorded: no key, no more than 300 characters, one line.
 * @param key The key that was used, if any; also pieces of it of 8 characters and more are removed.
 */
export function redact(text: string, key?: string): string {
  let safe = text.slice(0, longestRead);
  if (key !== undefined && key !== '') safe = safe.replaceAll(key, removed);
  for (const place of keyPlaces) safe = safe.replace(place, `$1${removed}`);
  for (const shape of keyShapes) safe = safe.replace(shape, removed);
  if (key !== undefined) safe = removePieces(safe, key);
  return shorten(safe.replace(/\s+/g, ' ').trim());
}

function removePieces(text: string, key: string): string {
  return text.replace(/[^\s"'`,:;()[\]{}<>]+/g, (word) => {
    const bare = word.replace(/[.…]+$/, '');
    return bare.length >= shortestPiece && key.includes(bare) ? removed : word;
  });
}

function shorten(text: string): string {
  if (text.length <= longest) return text;
  // A cut between the halves of a surrogate pair would leave text that is not valid UTF-8.
  return `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
