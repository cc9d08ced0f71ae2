// One completion, told attempt by attempt. Needs an engine and a worker: `npm start` in another terminal.
import { Holdfast } from 'holdfast';

const holdfast = new Holdfast();
const { answer, model, fallback } = await holdfast.complete(
  { strategy: 'coding', messages: [{ role: 'user', content: 'Name three uses of a queue.' }] },
  { onAttempt: (attempt) => console.error(`${attempt.model}: ${attempt.outcome}`) },
);
console.log(answer);
console.log(
  fallback ? `${model} answered, because ${fallback.from}: ${fallback.reason}` : `${model} answered`,
);
await holdfast.close();
