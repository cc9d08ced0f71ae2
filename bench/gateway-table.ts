import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';
import type { Client } from '@temporalio/client';
import type { Asked } from './ask.js';

/** How a provider is reached. */
export type Way = 'direct' | 'overlapped' | 'ordinary';

/** All requests of one kind that went one way. */
export interface Cell {
  delayMs: number;
  together: number;
  stream: boolean;
  way: Way;
  asked: Asked[];
  /** Calls of the provider. */
  calls: number;
  /** CPU time of the gateway process. */
  cpuMs: number;
  tookMs: number;
  /** Length of some histories. */
  events: number[];
}

const heading = [
  ...['kind', 'delay', 'c', 'way', 'n'],
  ...['first token p50/p95/p99', 'added p50', 'ratio', 'whole p50/p95/p99', 'added p50', 'ratio'],
  ...['req/s', 'calls/req', 'events', 'CPU/req'],
];

/** A table in Markdown; `added` and `ratio` compare with the direct calls of the same kind. */
export function table(cells: readonly Cell[]): string {
  const lines = [
    heading,
    heading.map(() => '---'),
    ...cells.map((cell) => rowOf(cell, directOf(cell, cells))),
  ];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function directOf(cell: Cell, cells: readonly Cell[]): Cell {
  const { delayMs, together, stream } = cell;
  return (
    cells.find(
      (one) =>
        one.way === 'direct' && one.delayMs === delayMs && one.together === together && one.stream === stream,
    ) ?? cell
  );
}

function rowOf(cell: Cell, direct: Cell): string[] {
  const { delayMs, together, stream, way, asked, calls, cpuMs, tookMs, events } = cell;
  const isDirect = way === 'direct';
  const compared = (of: (one: Asked) => number): string[] => {
    const [times, others] = [asked.map(of), direct.asked.map(of)];
    const [middle, other] = [share(times, 0.5), share(others, 0.5)];
    return [
      [0.5, 0.95, 0.99].map((at) => ms(share(times, at))).join(' / '),
      ...(isDirect ? ['', ''] : [`+${ms(middle - other)}`, (middle / other).toFixed(2)]),
    ];
  };
  return [
    ...[stream ? 'stream' : 'plain', `${String(delayMs)} ms`, String(together), way, String(asked.length)],
    ...(stream ? compared(({ firstMs }) => firstMs) : ['', '', '']),
    ...compared(({ wholeMs }) => wholeMs),
    ((asked.length / tookMs) * 1_000).toFixed(0),
    (calls / asked.length).toFixed(2),
    isDirect ? '' : [...new Set(events)].sort((one, other) => one - other).join(', '),
    isDirect ? '' : ms(cpuMs / asked.length),
  ];
}

function share(times: readonly number[], at: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? NaN;
}

const ms = (milliseconds: number): string => `${milliseconds.toFixed(1)} ms`;

/** What the figures are of. */
export async function machine(temporal: Client): Promise<string> {
  const { serverVersion } = await temporal.workflowService.getSystemInfo({});
  const sdk = JSON.parse(
    await readFile(new URL('../node_modules/@temporalio/worker/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  const [cpu] = cpus();
  return [
    `${String(cpus().length)} cores (${cpu?.model.trim() ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    `${platform()} ${arch()}, Node ${process.versions.node}`,
    `Temporal server ${serverVersion}, SDK ${sdk.version}`,
  ].join('; ');
}
