import { describe, expect, it } from 'vitest';
import { knownTraits } from '../../config/model-traits.js';
import type { AnswerDelta, ChatRequest } from '../../contracts/chat.js';
import type { FailureKind } from '../../contracts/outcome.js';
import { Seam } from '../../policy/continuation/index.js';
import {
  continuationRequest,
  createProvider,
  howToContinue,
  refusesPrefill,
  type ContinuingModel,
  type ProviderReply,
} from '../../providers/index.js';
import { answerIn, failureIn } from '../support/endings.js';
import { step, type FakeProvider, type Step } from '../support/fake-provider.js';
import { baseUrlOf, shareFakeProvider } from '../support/shared-fake-provider.js';
import { streamedCall } from './recorded-streams.js';

const messages: ChatRequest['messages'] = [{ role: 'user', content: 'Tell me of the fox.' }];
const whole = 'The quick brown fox jumps over the lazy dog. Then it goes home.';
const delivered = 'The quick brown fox jumps over ';
const claude: ContinuingModel = { kind: 'anthropic', upstreamModel: 'claude-3-opus-20240229' };
const gpt: ContinuingModel = { kind: 'openai', upstreamModel: 'gpt-4' };

describe('the request to go on', () => {
  it('is a prefill without the white space at its end', async () => {
    const { request } = await continuationRequest({ messages }, delivered, claude, 'prefill');
    expect(request.messages).toEqual([
      ...messages,
      { role: 'assistant', content: 'The quick brown fox jumps over' },
    ]);
  });

  it('is an instruction after the text, every blank of it kept', async () => {
    const { request } = await continuationRequest({ messages }, delivered, gpt, 'instruction');
    expect(request.messages.slice(0, -1)).toEqual([...messages, { role: 'assistant', content: delivered }]);
    expect(request.messages.at(-1)).toMatchObject({ role: 'user' });
  });

  it('keeps a beginning that the caller gave to the answer in one message with the rest', async () => {
    const begun: ChatRequest = { messages: [...messages, { role: 'assistant', content: 'Well: ' }] };
    const { request } = await continuationRequest(begun, delivered, claude, 'prefill');
    expect(request.messages.at(-1)).toEqual({
      role: 'assistant',
      content: 'Well: The quick brown fox jumps over',
    });
    expect(request.messages).toHaveLength(2);
  });

  it('has the token limit less what was delivered, never below 1; everything else stays', async () => {
    const asked: ChatRequest = { messages, maxTokens: 100, stop: ['END'], temperature: 0.3 };
    const { request } = await continuationRequest(asked, delivered, gpt, 'instruction');
    // By OpenAI's own count for gpt-4.
    expect(request.maxTokens).toBe(100 - 7);
    expect(request).toMatchObject({ stop: ['END'], temperature: 0.3 });
    const scarce = await continuationRequest({ messages, maxTokens: 5 }, delivered, gpt, 'instruction');
    expect(scarce.request.maxTokens).toBe(1);
    const free = await continuationRequest({ messages }, delivered, gpt, 'instruction');
    expect(free.request).not.toHaveProperty('maxTokens');
  });
});

describe('how a model is asked first', () => {
  const known = (upstreamModel: string) =>
    knownTraits({ vendor: 'anthropic', kind: 'anthropic', upstreamModel, name: upstreamModel });

  it.each([
    ['claude-3-opus-20240229', 'prefill'],
    ['claude-sonnet-4-5-20250929', 'prefill'],
    ['claude-haiku-4-5', 'prefill'],
    ['claude-opus-4-6', 'instruction'],
    ['claude-sonnet-4-6', 'instruction'],
    ['claude-opus-5-5', 'instruction'],
    ['claude-of-somebody-else', 'prefill'],
  ])('%s: %s', (model, how) => {
    expect(howToContinue({ kind: 'anthropic', traits: known(model) })).toBe(how);
  });

  it('in OpenAI format by instruction, unless the traits say otherwise', () => {
    expect(howToContinue({ kind: 'openai' })).toBe('instruction');
    expect(howToContinue({ kind: 'openai', traits: { prefill: 'taken' } })).toBe('prefill');
  });
});

describe('a refused prefill', () => {
  const failure = (message: string, kind: FailureKind = 'bad_request') => ({ kind, message });

  it.each([
    'This model does not support assistant message prefill. The conversation must end with a user message.',
    'Prefilling assistant messages is not supported for this model.',
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.',
    'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
    'Please ensure that multiturn requests ends with a user role or a function response.',
  ])('is known by its words: %s', (message) => {
    expect(refusesPrefill(failure(message))).toBe(true);
    expect(refusesPrefill(failure(message, 'unsupported_by_model'))).toBe(true);
  });

  it('is no other failure', () => {
    expect(refusesPrefill(failure('max_tokens must be at least 1'))).toBe(false);
    expect(refusesPrefill(failure('The last message is too long.'))).toBe(false);
    expect(refusesPrefill(failure('prefill servers are overloaded', 'overloaded'))).toBe(false);
  });
});

describe.each(['openai', 'anthropic'] as const)('a cut stream in the %s format', (format) => {
  let fake: FakeProvider;
  let models = 0;
  shareFakeProvider((shared) => (fake = shared));

  async function ask(planned: Step, request: ChatRequest): Promise<{ reply: ProviderReply; heard: string }> {
    const model = `${format}-${++models}`;
    fake.plan(model, step.once(planned));
    let heard = '';
    const onDelta = (delta: AnswerDelta): void => {
      if (delta.type === 'text') heard += delta.text;
    };
    const limits = { firstTokenTimeoutMs: 10_000, idleTimeoutMs: 10_000, onDelta };
    const provider = createProvider({ name: 'fake', kind: format, baseUrl: baseUrlOf(fake, format) });
    const reply = await provider.call(streamedCall({ upstreamModel: model, request, stream: limits }));
    return { reply, heard };
  }

  const model: ContinuingModel = { kind: format, upstreamModel: 'any' };

  it.each(['prefill', 'instruction'] as const)('is gone on from by %s, to the same text', async (how) => {
    const cut = await ask(step.stream(whole, { errorAfter: { tokens: 8, error: {} } }), { messages });
    expect(failureIn(cut.reply).kind).toBe('server_error');
    expect(cut.heard).toBe(whole.slice(0, 32));

    const { request } = await continuationRequest({ messages }, cut.heard, model, how);
    const { reply, heard } = await ask(step.goOn(whole, { repeats: 0 }), request);
    const seam = new Seam(cut.heard, how);
    expect(cut.heard + seam.feed(heard) + seam.end()).toBe(whole);
    expect(answerIn(reply).finishReason).toBe('stop');
  });

  it('is gone on from in words where the prefill is refused', async () => {
    const stubborn = step.goOn(whole, { prefill: 'refused', repeats: 12 });
    const byPrefill = await continuationRequest({ messages }, delivered, model, 'prefill');
    const refused = await ask(stubborn, byPrefill.request);
    expect(refusesPrefill(failureIn(refused.reply))).toBe(true);

    const inWords = await continuationRequest({ messages }, delivered, model, 'instruction');
    const { heard } = await ask(stubborn, inWords.request);
    expect(heard.startsWith('jumps over the')).toBe(false);
    expect(whole.endsWith(heard)).toBe(true);
  });
});
