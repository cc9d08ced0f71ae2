import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ask, type Asked } from '../../bench/ask.js';
import type { Child } from '../../bench/child-process.js';
import { profileFlags, startChild } from '../../bench/child-process.js';
import type { GatewayFacts, GatewayInput, GatewayState } from '../../bench/gateway.js';
import {
  answerOf,
  requestOf,
  type Plan,
  type ProviderFacts,
  type ProviderInput,
} from '../../bench/provider.js';

export interface StreamsPlan {
  /** At a time, all of them. */
  streams: number;
  rounds: number;
  tokens: number;
  gapMs: number;
  /** Over which the clients come, in milliseconds. */
  comeWithinMs: number;
  /** How long what is over may take to be gone, in milliseconds: connections are kept open for seconds. */
  goneWithinMs: number;
}

export interface StreamsOptions extends StreamsPlan {
  engine: Pick<GatewayInput, 'address' | 'namespace' | 'bundlePath'>;
  temporal: Client;
  taskQueue: string;
}

/** What became of a stream, as its client saw it. `silent`: it ended, and nobody said that it is not whole. */
type Fate = 'whole' | 'toldBroken' | 'left' | 'refused' | 'silent';
/** What its provider, or its client, was made to do. */
type Part = 'plain' | 'leaves' | 'breaks';

/** What holds on when nothing is under way. */
interface Held extends Omit<GatewayState, 'cpuMs' | 'timers'> {
  /** Calls that are under way at the provider. */
  calling: number;
  providerSockets: number;
  /** Completions that run in Temporal. */
  running: number;
}

export interface RoundFigures {
  /** How many of each part had which fate. */
  fates: Record<Part, Partial<Record<Fate, number>>>;
  /** What the streams were told that had neither a client nor an upstream that went away. */
  faults: Record<string, number>;
  /** Most that were open at the gateway at a time. */
  mostOpen: number;
  /** Calls of the provider for each stream. */
  callsPerStream: number;
  firstTokenMs: { p50: number; p99: number };
  tookMs: number;
  held: Held;
}

export interface StreamsFigures {
  before: Held;
  rounds: RoundFigures[];
}

/**
 * Holds many streams open through one gateway process. A tenth of the clients vanish in the middle, and a fifth of the
 * upstreams break off there; afterwards nothing of it may be left.
 */
export async function manyStreams(options: StreamsOptions): Promise<StreamsFigures> {
  const { engine, taskQueue, rounds } = options;
  const provider = await startChild<ProviderFacts>('provider-process.ts', {
    // Idle connections are no leak; they need not be waited for long.
    keepAliveMs: 1_500,
  } satisfies ProviderInput);
  try {
    const input: GatewayInput = {
      ...engine,
      taskQueue,
      providerUrl: provider.url,
      // What breaks off here is no reason to leave the model alone.
      policy: { circuitBreaker: { enabled: false }, bench: { enabled: false } },
    };
    const gateway = await startChild<GatewayFacts>('gateway-process.ts', input, [
      '--expose-gc',
      ...profileFlags(),
    ]);
    try {
      const parts: Parts = {
        ...options,
        provider: provider.child,
        gateway: gateway.child,
        url: gateway.url,
      };
      // One of each beforehand: what is loaded or opened once is no leak.
      await settle(await round({ ...parts, streams: 10, comeWithinMs: 0 }), parts);
      const before = await held(parts);
      const figures: RoundFigures[] = [];
      for (let number = 0; number < rounds; number += 1) {
        figures.push(await settle(await round(parts), parts, before));
      }
      return { before, rounds: figures };
    } finally {
      await gateway.child.stop();
    }
  } finally {
    await provider.child.stop();
  }
}

interface Parts extends StreamsOptions {
  provider: Child<ProviderFacts>;
  gateway: Child<GatewayFacts>;
  url: string;
}

async function round(parts: Parts): Promise<Omit<RoundFigures, 'held'>> {
  const { streams, comeWithinMs, provider, gateway } = parts;
  const { calls: callsBefore } = await provider.ask('state');
  const startedAt = performance.now();
  const over = new AbortController();
  let mostOpen = 0;
  const watching = (async () => {
    while (!over.signal.aborted) {
      mostOpen = Math.max(mostOpen, (await gateway.ask('state')).open);
      await sleep(250);
    }
  })();
  const fates: RoundFigures['fates'] = { plain: {}, leaves: {}, breaks: {} };
  const firsts: number[] = [];
  const faults: Record<string, number> = {};
  await Promise.all(
    Array.from({ length: streams }, async (_, index) => {
      await sleep((index / streams) * comeWithinMs);
      const part = partOf(index);
      const asked = await one(parts, index, part);
      const fate = fateOf(asked, parts);
      fates[part][fate] = (fates[part][fate] ?? 0) + 1;
      if (part === 'plain' && fate !== 'whole') {
        const why = whyOf(asked);
        faults[why] = (faults[why] ?? 0) + 1;
      }
      if (!Number.isNaN(asked.firstMs)) firsts.push(asked.firstMs);
    }),
  );
  over.abort();
  await watching;
  const { calls } = await provider.ask('state');
  firsts.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(firsts[Math.floor(firsts.length * share)] ?? NaN);
  return {
    fates,
    faults,
    mostOpen,
    callsPerStream: (calls - callsBefore) / streams,
    firstTokenMs: { p50: at(0.5), p99: at(0.99) },
    tookMs: Math.round(performance.now() - startedAt),
  };
}

/** Of ten: one leaves, two break. */
const partOf = (index: number): Part => (index % 10 === 3 ? 'leaves' : index % 5 === 1 ? 'breaks' : 'plain');

function one({ url, tokens, gapMs }: Parts, index: number, part: Part): Promise<Asked> {
  const middle = Math.floor(tokens / 2);
  const plan: Plan = {
    tokens,
    gapMs,
    delayMs: 0,
    ...(part === 'breaks' ? { breaks: { after: middle, how: index % 10 === 1 ? 'reset' : 'end' } } : {}),
  };
  return ask({
    url: `${url}/v1/chat/completions`,
    body: requestOf(plan, true),
    agent: undefined,
    ...(part === 'leaves' ? { leaveAfter: middle } : {}),
  });
}

function fateOf({ ending, status, text, done, error }: Asked, plan: StreamsPlan): Fate {
  if (ending === 'left') return 'left';
  if (status !== 200) return 'refused';
  if (ending === 'whole' && done && error === undefined && text === answerOf(plan)) return 'whole';
  return ending === 'whole' && !done && error !== undefined ? 'toldBroken' : 'silent';
}

/** Without what differs from stream to stream. */
const whyOf = ({ status, error, text }: Asked): string =>
  `${String(status)} ${error ?? text}`.replaceAll(/gw-[\w-]+|word.*|\d+ (ms|s)\b/g, '…').slice(0, 300);

/** Waits until nothing is left of a round; what is left in spite of it is in the figures. */
async function settle(
  figures: Omit<RoundFigures, 'held'>,
  parts: Parts,
  before?: Held,
): Promise<RoundFigures> {
  const until = Date.now() + parts.goneWithinMs;
  for (;;) {
    const now = await held(parts);
    const gone =
      now.open === 0 &&
      now.attendances === 0 &&
      now.running === 0 &&
      now.calling === 0 &&
      now.sockets <= (before?.sockets ?? 0) &&
      now.providerSockets <= (before?.providerSockets ?? 0);
    if (gone || Date.now() > until) return { ...figures, held: now };
    await sleep(250);
  }
}

async function held({ gateway, provider, temporal, taskQueue }: Parts): Promise<Held> {
  const { open, attendances, sockets, heap, rss } = await gateway.ask('collected');
  const { sockets: providerSockets, open: calling } = await provider.ask('state');
  const running = await temporal.workflow.count(
    `TaskQueue = '${taskQueue}' AND WorkflowType = 'completion' AND ExecutionStatus = 'Running'`,
  );
  return {
    open,
    attendances,
    sockets,
    heap,
    rss,
    calling,
    providerSockets,
    running: running.count,
  };
}
