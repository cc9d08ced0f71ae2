// Takes e-mail addresses out of what is sent to a provider, and puts them back into the answer.
//
//   hooks:
//     beforeAttempt: [{ module: ./examples/hooks/redact-emails.mjs, export: redact, required: true }]
//     afterAttempt: [{ module: ./examples/hooks/redact-emails.mjs, export: restore }]
//
// `required: true`: without the redaction no call is made. Hooks run in every worker, and an attempt may run in
// another one than the last, so nothing is kept between the two: the addresses are found again in the original.

const email = /[\w.+-]+@[\w-]+\.[\w.]+/g;

const addressesIn = (messages) => [
  ...new Set(
    messages.flatMap(({ content }) => (typeof content === 'string' ? content.match(email) : null) ?? []),
  ),
];

/** @type {import('holdfast').BeforeAttemptHook} */
export function redact({ request }) {
  const addresses = addressesIn(request.messages);
  if (addresses.length === 0) return undefined;
  const messages = request.messages.map((message) =>
    typeof message.content === 'string'
      ? {
          ...message,
          content: message.content.replace(email, (found) => `<email-${addresses.indexOf(found) + 1}>`),
        }
      : message,
  );
  return { request: { ...request, messages }, note: `e-mail addresses kept back: ${addresses.length}` };
}

/** @type {import('holdfast').AfterAttemptHook} */
export function restore({ original, ending }) {
  if (!ending.ok) return undefined;
  const addresses = addressesIn(original.messages);
  const text = ending.answer.text.replace(
    /<email-(\d+)>/g,
    (found, number) => addresses[number - 1] ?? found,
  );
  return { answer: { ...ending.answer, text } };
}
