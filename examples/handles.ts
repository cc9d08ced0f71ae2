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

// Another request under the id of a running or answered completion is refused.
try {
  await holdfast.start({ ...request, messages: [{ role: 'user', content: 'Something else.' }] });
} catch (error) {
  console.log('refused:', error instanceof IdUsedForAnotherRequestError);
}

// Only the id is needed to come back to a completion.
const later = await holdfast.get(id).result();
console.log('found again:', later.model);

// A completion that failed may be started anew under its id, with the same request or another one.
const failing: CompletionRequest = { id: `${id}-b`, model: 'gpt-4', messages: request.messages };
try {
  await holdfast.complete(failing);
} catch (error) {
  if (!(error instanceof CompletionFailedError)) throw error;
  console.log('failed:', error.kind, 'after', error.attempts.length, 'attempts');
  const { model } = await holdfast.complete({ ...failing, model: 'claude-3-opus-20240229' });
  console.log('started anew:', model);
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
