import { z } from 'zod';
import { parseObject } from './fake-provider-http.js';

/** What OpenAI's format adds to an answer when the request asks for it: further choices, and log probabilities. */

const answer = z.looseObject({ choices: z.tuple([z.looseObject({ message: z.looseObject({}) })]) });
const chunk = z.looseObject({
  choices: z.array(z.looseObject({ delta: z.looseObject({ content: z.string().nullish() }) })),
});

/** How many answers a body asks for. */
export function countOf(body: object): number {
  return z.object({ n: z.number().optional() }).parse(body).n ?? 1;
}

/** True for a body that asks for log probabilities. */
export function wantsLogprobs(body: object): boolean {
  return z.object({ logprobs: z.boolean().optional() }).parse(body).logprobs === true;
}

/** One answer of several whole ones, each with its place. */
export function joined(answers: unknown[]): object {
  const parsed = answers.map((each) => answer.parse(each));
  const [first] = parsed;
  return { ...first, choices: parsed.map(({ choices: [choice] }, index) => ({ ...choice, index })) };
}

/** One stream of several, event by event in turn, as the vendor mixes them; usage and the end marker come once. */
export function interleaved(streams: string[][]): string[] {
  const pieces = streams.map((events, index) =>
    events.filter(hasChoice).map((event) => placed(event, index)),
  );
  const rest = (streams[0] ?? []).filter((event) => !hasChoice(event));
  const longest = Math.max(...pieces.map(({ length }) => length));
  const mixed = Array.from({ length: longest }, (_, at) => pieces.flatMap((each) => each[at] ?? []));
  return [...mixed.flat(), ...rest];
}

const dataOf = (event: string): Record<string, unknown> | undefined =>
  parseObject(/^data: (.*)$/m.exec(event)?.[1] ?? '');

const hasChoice = (event: string): boolean => (chunk.safeParse(dataOf(event)).data?.choices.length ?? 0) > 0;

function placed(event: string, index: number): string {
  const { choices, ...others } = chunk.parse(dataOf(event));
  return eventOf({ ...others, choices: choices.map((choice) => ({ ...choice, index })) });
}

const eventOf = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

/** A whole answer with log probabilities, its text cut into tokens as a stream of it is. */
export function withLogprobs(whole: unknown, tokenLength: number): object {
  const { choices, ...others } = answer.parse(whole);
  return {
    ...others,
    choices: choices.map((choice) => {
      const { content } = z.object({ content: z.string().nullish() }).parse(choice.message);
      const tokens = (content ?? '').match(new RegExp(`[^]{1,${tokenLength}}`, 'g')) ?? [];
      return { ...choice, logprobs: logprobsOf(tokens) };
    }),
  };
}

/** An event of a stream with the log probabilities of its piece. */
export function eventWithLogprobs(event: string): string {
  if (!hasChoice(event)) return event;
  const { choices, ...others } = chunk.parse(dataOf(event));
  return eventOf({
    ...others,
    choices: choices.map((choice) =>
      choice.delta.content ? { ...choice, logprobs: logprobsOf([choice.delta.content]) } : choice,
    ),
  });
}

function logprobsOf(tokens: string[]): object {
  const content = tokens.map((token) => ({
    token,
    logprob: -0.25,
    bytes: [...Buffer.from(token)],
    top_logprobs: [{ token, logprob: -0.25, bytes: [...Buffer.from(token)] }],
  }));
  return { content, refusal: null };
}
