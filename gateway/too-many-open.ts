/** So many completions have clients that wait that this process takes no more. */
export class TooManyOpenError extends Error {
  override readonly name = 'TooManyOpenError';
}
