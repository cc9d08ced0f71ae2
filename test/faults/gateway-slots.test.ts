import { pino } from 'pino';
import { expect, inject, it } from 'vitest';
import { Attendances } from '../../activities/index.js';
import { startGateway } from '../../gateway/start-gateway.js';
import { processQueueWaitMs } from '../../policy/process-queue.js';
import { gate, startTemporalProxy } from '../client/temporal-proxy.js';
import { startCompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';
import { callsByContent, distinctAnswers, hear, model, runsByStatus, spawnGateway } from './gateway-scene.js';

const slots = 2;
const requests = 12;

it.each([
  ['in one process with a worker: none is lost, and each is called once', false],
  ['apart from the worker: none is lost; what waited too long is called by the worker', true],
])(
  'more requests than slots, %s',
  async (_what, apart) => {
    const attendances = new Attendances();
    await using kit = await startCompletionKit({ attendances });
    const { connection, dependencies } = kit.first();
    // So slow that the last ones have waited longer than Temporal lets them.
    kit.provider.plan(model, ...distinctAnswers(100, 1.5 * processQueueWaitMs, 2 * processQueueWaitMs));
    const gateway = await startGateway({
      connection,
      engine: inject('temporal'),
      taskQueue: kit.taskQueue,
      dependencies: apart ? { ...dependencies, attendances: new Attendances() } : dependencies,
      holdfast: kit.holdfast,
      config: () => kit.config.config,
      host: '127.0.0.1',
      port: 0,
      drainMs: 1_000,
      mostCalls: slots,
      logger: pino({ level: 'silent' }),
    });
    try {
      const contents = Array.from({ length: requests }, (_one, index) => `Question ${String(index)}`);
      const heard = await Promise.all(
        contents.map((content, index) =>
          hear(gateway.url, {
            content,
            stream: index % 2 === 0,
            ...(index % 4 < 2 ? {} : { key: `${kit.taskQueue} ${content}` }),
          }),
        ),
      );
      const calls = callsByContent(kit);
      const extra = [...calls.values()].reduce((sum, count) => sum + count - 1, 0);
      const told = heard.filter((one) => one.told).length;
      console.log(
        `${String(requests)} requests, ${String(slots)} slots, ${apart ? 'worker in another process' : 'one process'}: ` +
          `${String(told)} answered, ${String(requests - told)} ended with an error; provider calls beyond one a request: ${String(extra)}`,
      );
      await expect.poll(() => runsByStatus(kit), { timeout: 30_000 }).toEqual({ COMPLETED: requests });
      for (const { id, text } of heard.filter((one) => one.told)) {
        expect((await kit.holdfast.get(id).result()).answer).toBe(text);
      }
      if (apart) {
        // A stream that had begun here cannot go on with the words of another call.
        for (const one of heard) expect(one.told || one.code === 'stream_cut').toBe(true);
        expect(extra).toBeLessThanOrEqual(requests - slots);
      } else {
        expect(told).toBe(requests);
        expect(extra).toBe(0);
      }
    } finally {
      await gateway.stop();
    }
  },
  120_000,
);

it('a workflow that is slow to ask for its call: the call that has begun waits for it', async () => {
  await using kit = await startCompletionKit({ workers: 0 });
  await using proxy = await startTemporalProxy(inject('temporal').address);
  const asked = gate();
  proxy.decide((method) => (method === 'RespondWorkflowTaskCompleted' ? { after: asked.opened } : 'pass'));
  kit.provider.plan(model, step.stream('Worth the wait', { gapMs: 50 }, { delayMs: 2 * processQueueWaitMs }));
  const gateway = await spawnGateway(kit, { address: proxy.address });
  const answer = hear(gateway.url, { stream: true });
  // By then it has asked whether another process has the call.
  const doubted = (): boolean =>
    proxy.calls('DescribeWorkflowExecution') > 0 || kit.provider.calls(model)[0]?.aborted === true;
  await expect.poll(doubted, { timeout: 30_000 }).toBe(true);
  asked.open();
  expect(await answer).toMatchObject({ told: true, text: 'Worth the wait' });
  expect(kit.provider.calls(model)).toHaveLength(1);
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toBe(0);
});
