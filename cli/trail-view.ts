import type { Attempt, Trail } from '../contracts/attempt.js';
import { durationInWords, nextInWords } from '../policy/words.js';
import type { Output } from './terminal.js';

/** Longest part of a provider's message that a line shows. */
const messageLength = 80;

const titles = ['#', 'model', 'provider', 'outcome', 'took', 'then'] as const;

/** The trail as a table: which model, what happened, how long, and why next; what the provider said is below. */
export function trailTable(trail: Trail, colors: Output['colors']): string {
  const rows = trail.map((attempt, index) => [
    String(index + 1),
    attempt.model,
    attempt.provider,
    attempt.outcome,
    durationInWords(attempt.durationMs),
    nextInWords(attempt),
  ]);
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const inColumns = (cells: readonly string[]): string[] =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  const lines = trail.flatMap((attempt, index) => {
    const [number = '', model = '', provider = '', outcome = '', took = '', then = ''] = inColumns(
      rows[index] ?? [],
    );
    const ending = attempt.outcome === 'success' ? colors.green(outcome) : colors.red(outcome);
    const said = wordsOfProvider(attempt);
    return [
      [number, model, provider, ending, took, then].join('  ').trimEnd(),
      ...(said === '' ? [] : [colors.dim(`${' '.repeat(number.length)}  ${said}`)]),
    ];
  });
  return [colors.dim(inColumns(titles).join('  ').trimEnd()), ...lines].join('\n');
}

/** One attempt in a line, told as it ends. */
export function attemptLine(attempt: Attempt, colors: Output['colors']): string {
  const { model, outcome, durationMs } = attempt;
  const said = wordsOfProvider(attempt);
  const ending = outcome === 'success' ? colors.green(outcome) : colors.red(outcome);
  const next = attempt.next?.action === 'answer' ? '' : nextInWords(attempt);
  return [
    `${model}: ${ending} after ${durationInWords(durationMs)}`,
    said === '' ? '' : ` (${said})`,
    next === '' ? '' : `; ${next}`,
  ].join('');
}

function wordsOfProvider({ httpStatus, message }: Attempt): string {
  const text = (message ?? '').replaceAll(/\s+/g, ' ').trim();
  const short = text.length > messageLength ? `${text.slice(0, messageLength - 1)}…` : text;
  return [httpStatus === undefined ? '' : `HTTP ${httpStatus}`, short].filter(Boolean).join(': ');
}
