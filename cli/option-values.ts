import { InvalidArgumentError } from 'commander';
import { parseDuration as durationIn } from '../config/duration.js';

/** `30s`, `5m`, `1500ms` or `1500` as milliseconds. */
export function parseDuration(text: string): number {
  const duration = durationIn(text);
  if (duration.ok) return duration.ms;
  throw new InvalidArgumentError(`This is ${duration.reason}.`);
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Not a number.');
}

export function parsePositive(text: string): number {
  const value = parseNumber(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('Not a number above zero.');
}

export function parseWholeNumber(text: string): number {
  const value = parseNumber(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Not a whole number above zero.');
}

/** A TCP port; 0 for any that is free. */
export function parsePort(text: string): number {
  const value = parseNumber(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('Not a port: a whole number from 0 to 65535.');
}

/** `a,b , c` as three names. */
export function parseNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Write names separated by commas: gpt-4,claude-3-opus-20240229');
}

/** Any text but an empty one, which is what an unset variable of a shell gives. */
export function parseName(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}
