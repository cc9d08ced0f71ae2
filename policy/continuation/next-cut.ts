import type { CallModelInput } from '../../contracts/call.js';
import type { Continuation, CutStream, Delivered } from '../../contracts/continuation.js';
import type { FailureKind } from '../../contracts/outcome.js';
import { mayContinue } from './may-continue.js';

/** An attempt that failed, and what its stream had delivered. */
export interface FailedStream {
  model: string;
  because: FailureKind;
  /** All that the client has; absent where this attempt added nothing to it. */
  delivered?: Delivered;
  /** Present where it was itself a continuation. */
  continuation?: Continuation;
}

/**
 * From what the next attempt goes on; nothing: it begins anew. `broken`: the client has the beginning of an answer that
 * nobody will go on with, for this reason.
 */
export function nextCut(
  before: CutStream | undefined,
  { model, because, delivered, continuation }: FailedStream,
  { request, onStreamCut }: Pick<CallModelInput, 'request' | 'onStreamCut'>,
): { cut?: CutStream; broken?: string } {
  if (delivered === undefined) return before === undefined ? {} : { cut: before };
  if (onStreamCut !== 'continue') return { broken: 'streams are not continued by another call' };
  const verdict = mayContinue(delivered, request);
  if (verdict.action === 'refuse') return { broken: verdict.because };
  if (verdict.action === 'start_anew') return { broken: 'nothing but white space had come' };
  const earlier = [...(before?.before ?? []), ...(continuation === undefined ? [] : [continuation])];
  return { cut: { delivered, model, because, ...(earlier.length === 0 ? {} : { before: earlier }) } };
}
