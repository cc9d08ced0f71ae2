import { z } from 'zod';

/** Temporal keeps ids and names as text, in which neither a control character nor half a character has a place. */
const plain = (text: string): boolean => !/[\p{Cc}\p{Surrogate}]/u.test(text);
const notPlain = 'control characters and lone surrogates are not allowed here';

/** Text that Temporal keeps as it is, of at least one character. */
export const plainText = z.string().min(1).refine(plain, notPlain);
/** Milliseconds, at most a day; whether zero makes sense is for each use to say. */
export const durationMs = z.number().max(86_400_000);
