import type { Adaptation, WireRequest } from '../wire/adaptation.js';
import { expectedOf, type Expected, type Reading } from '../wire/reading.js';
import { classifyResponse, failureOf, requestId } from './classify.js';
import { classifyThrown } from './classify-thrown.js';
import { judge } from './integrity.js';
import type { ProviderCall, ProviderFailure, ProviderReply } from './provider.js';
import { exchange, isSuccess } from './transport.js';

/** What a wire format adds to the common way of making a call. */
export interface Endpoint<Body> {
  baseUrl: string;
  translate(call: ProviderCall): WireRequest<Body>;
  /** Sends the body through the vendor's SDK. */
  send(body: Body, call: ProviderCall, signal: AbortSignal): Promise<Response>;
  /** @param expected What the request makes of tool calls and of silence. */
  read(body: unknown, expected: Expected): Reading;
}

/** Makes one call, exactly one HTTP request, and turns every ending into a value. Never rejects. */
export async function callEndpoint<Body>(
  endpoint: Endpoint<Body>,
  call: ProviderCall,
): Promise<ProviderReply> {
  const { apiKey } = call;
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    return failed({
      kind: 'auth_failed',
      message: 'The key holds characters that cannot be sent in a header. Check where it is kept.',
    });
  }
  const { body, adapted } = endpoint.translate(call);
  const result = await exchange(call, (signal) => endpoint.send(body, call, signal));
  switch (result.ended) {
    case 'cancelled':
      return failed({ kind: 'cancelled', message: 'The caller cancelled the call.' });
    case 'timeout':
      return failed({ kind: 'timeout', message: `No whole answer within ${call.timeoutMs} ms.` });
    case 'thrown':
      return failed(classifyThrown(result.error, endpoint.baseUrl, apiKey));
    case 'cut':
      return failed(
        isSuccess(result.response)
          ? failureOf('truncated', 'The connection was cut in the middle of the response.', result.response)
          : classifyResponse(result.response, apiKey),
      );
    case 'response': {
      if (!isSuccess(result.response)) {
        return failed(withoutRepeats(classifyResponse(result.response, apiKey), call.adaptations));
      }
      const verdict = judge(result.response, (json) => endpoint.read(json, expectedOf(call.request)), apiKey);
      if (!verdict.whole) return failed(withoutRepeats(verdict.failure, call.adaptations));
      const id = requestId(result.response.headers);
      return {
        ok: true,
        answer: verdict.answer,
        ...(id === undefined ? {} : { requestId: id }),
        ...(adapted.length === 0 ? {} : { adapted }),
      };
    }
  }
}

const failed = (failure: ProviderFailure): ProviderReply => ({ ok: false, failure });

/** Proposes no change that was already made: the same call would be sent again, and refused again. */
function withoutRepeats(failure: ProviderFailure, made: Adaptation[]): ProviderFailure {
  const { adaptation, ...rest } = failure;
  const repeats = made.some(
    ({ parameter, how }) => parameter === adaptation?.parameter && how === adaptation.how,
  );
  return adaptation === undefined || repeats ? rest : failure;
}
