import { expect, it } from 'vitest';
import { CompletionFailedError } from '../../client/index.js';
import { metricNames } from '../../contracts/metric-names.js';
import { createMetrics } from '../../telemetry/metrics.js';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { Scrape } from './scrape.js';

const messages = [{ role: 'user' as const, content: 'Say hello' }];
const [first, second] = ['gpt-4', 'gpt-3.5-turbo'];

it('a completion that was recorded is counted as the provider saw it', async () => {
  await using kit = await startCompletionKit({ retry: { maxAttempts: 2 } });
  const metrics = createMetrics({ known: () => kit.config.config, env: {} });
  kit.provider.plan(first, step.status(503), step.status(503), step.status(400));
  kit.provider.plan(second, step.answer('Hello'));

  const result = await kit.holdfast.complete({ models: [first, second], messages });
  metrics.recordResult(result);
  metrics.recordResult(await kit.holdfast.get(result.id).result());
  const failed: unknown = await kit.holdfast
    .complete({ model: first, messages })
    .catch((error: unknown) => error);
  if (!(failed instanceof CompletionFailedError)) throw new Error('expected a completion without an answer');
  metrics.recordFailure(failed);

  const scrape = await Scrape.of(metrics);
  expect(scrape.of(metricNames.attempts)).toEqual({
    [`class=failure model=${first} outcome=overloaded provider=${result.attempts[0]?.provider ?? ''}`]: 2,
    [`class=success model=${second} outcome=success provider=${result.provider}`]: 1,
    [`class=request model=${first} outcome=bad_request provider=${result.attempts[0]?.provider ?? ''}`]: 1,
  });
  expect(Object.values(scrape.of(metricNames.attempts)).reduce((sum, count) => sum + count)).toBe(
    kit.provider.calls(first).length + kit.provider.calls(second).length,
  );
  expect(scrape.of(metricNames.fallbacks)).toEqual({ [`from=${first} reason=overloaded to=${second}`]: 1 });
  expect(scrape.of(metricNames.completions)).toEqual({
    [`model=${first} outcome=success streamed=false`]: 1,
    [`model=${first} outcome=bad_request streamed=false`]: 1,
  });
});
