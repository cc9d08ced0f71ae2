import type Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { expect, expectTypeOf, it } from 'vitest';
import {
  toAnthropic,
  writeAnthropic,
  type AnthropicBody,
  type AnthropicMessage,
} from '../../wire/anthropic/index.js';
import { anyAnswer, names } from './anthropic-answers.js';
import { anyCarried } from './anthropic-requests.js';

/** The caller's media types are passed on as they are: the vendor judges them. */
type AnyMediaType<Value> = Value extends { media_type: string }
  ? Omit<Value, 'media_type'> & { media_type: string }
  : Value extends (infer Item)[]
    ? AnyMediaType<Item>[]
    : Value extends object
      ? { [Name in keyof Value]: AnyMediaType<Value[Name]> }
      : Value;

/** Of the pinned version of the API; the SDK's own has dropped them. */
interface Sampling {
  temperature?: number;
  top_p?: number;
  top_k?: number;
}

type Params = Pick<Anthropic.MessageCreateParams, keyof AnthropicBody & keyof Anthropic.MessageCreateParams>;

it("every body that is sent is one of the SDK's", () => {
  expectTypeOf<AnthropicBody>().toExtend<Sampling & AnyMediaType<Params>>();
  fc.assert(
    fc.property(anyCarried, ({ request, traits, stream }) => {
      const { body } = toAnthropic('claude', request, [], traits, { stream });
      const { temperature, top_p, top_k, ...rest } = body;
      const params: AnyMediaType<Params> = rest;
      expect({ ...params, temperature, top_p, top_k }).toMatchObject(body);
    }),
    { numRuns: 20 },
  );
});

it("every body that is answered is one of the SDK's, as far as it goes", () => {
  type Message = Pick<Anthropic.Message, 'id' | 'type' | 'role' | 'model' | 'stop_reason' | 'stop_details'>;
  expectTypeOf<AnthropicMessage>().toExtend<Message>();
  fc.assert(
    fc.property(anyAnswer, (answer) => {
      const message: Message = writeAnthropic(answer, names);
      expect(message).toMatchObject({ id: names.id, type: 'message', role: 'assistant', model: names.model });
    }),
    { numRuns: 20 },
  );
});
