// Ids, handles and cancelling. Needs an engine and a worker: `npm start` in another terminal.
import { randomUUID } from 'node:crypto';
import {
  CompletionCancelledError,
  CompletionFailedError,
  Holdfast,
  IdUsedForAnotherRequestError,
  type CompletionRequest,
} from 'holdfast';

const holdfast = new Holdfast();

// An id of your own makes a start repeatable: this one joins the running completion instead of starting a second.
const id = `report-${randomUUID()}`;
const request: CompletionRequest = {
  id,
  models: ['gpt-4', 'claude-3-opus-20240229'],
  messages: [{ role: 'user', content: 'Summarise the report.' }],
};
const first = await holdfast.start(request);
const second = await holdfast.start(request);
const [one, other] = await Promise.all([first.result(), second.result()]);
console.log('joined:', one.answer === other.answer, one.attempts.length, 'attempts');

// Once finished it is replayed, in this process or another, today or tomorrow: no provider is called.
const replayed = await holdfast.complete(request);
console.log('replayed:', replayed.attempts[0]?.startedAt === one.attempts[0]?.startedAt);

// Another request under an id that is taken is refused, also when that completion failed.
try {
  await holdfast.start({ ...request, messages: [{ role: 'user', content: 'Something else.' }] });
} catch (error) {
  console.log('refused:', error instanceof IdUsedForAnotherRequestError);
}

// Only the id is needed to come back to a completion.
const later = await holdfast.get(id).result();
console.log('found again:', later.model);

// Waiting can be given up without ending the completion: the answer is there for whoever asks next.
const answered = await holdfast.complete(request, { signal: AbortSignal.timeout(30_000) });
console.log('in time:', answered.model);

// A completion that failed may be started anew under its id, with the same request.
const failing: CompletionRequest = { id: `${id}-b`, model: 'gpt-4', messages: request.messages };
try {
  await holdfast.complete(failing);
} catch (error) {
  if (!(error instanceof CompletionFailedError)) throw error;
  console.log('failed:', error.kind, 'after', error.attempts.length, 'attempts');
  const again = await holdfast.start(failing);
  console.log('started anew:', again.id);
}

// Cancelling ends the completion; a provider call in flight is aborted.
const unwanted = await holdfast.start({ models: request.models, messages: request.messages });
await unwanted.cancel();
try {
  await unwanted.result();
} catch (error) {
  console.log('cancelled:', error instanceof CompletionCancelledError);
}
await holdfast.close();
