import type { Attempt, Trail } from '../contracts/attempt.js';
import { durationInWords, nextInWords } from '../policy/words.js';
import type { Output } from './terminal.js';

/** Longest part of a provider's message that a line shows. */
const messageLength = 80;

/** The trail as a table: which model, what happened, how long, and why next. */
export function trailTable(trail: Trail, colors: Output['colors']): string {
  const header = ['#', 'model', 'provider', 'outcome', 'took', 'then', 'the provider said'];
  const rows = trail.map((attempt, index) => [
    String(index + 1),
    attempt.model,
    attempt.provider,
    attempt.outcome,
    durationInWords(attempt.durationMs),
    nextInWords(attempt),
    wordsOfProvider(attempt),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (row: string[]): string[] => row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  const lines = rows.map((row, index) => {
    const cells = pad(row);
    const outcome = cells[3] ?? '';
    cells[3] = trail[index]?.outcome === 'success' ? colors.green(outcome) : colors.red(outcome);
    return cells.join('  ').trimEnd();
  });
  return [colors.dim(pad(header).join('  ').trimEnd()), ...lines].join('\n');
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
