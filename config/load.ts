import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { isObject, layOver } from './merge.js';
import { configSchema, type Config } from './schema.js';

/** The config is not usable; the message names the file and each fault in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface LoadedConfig {
  config: Config;
  /** First 12 hex digits of the SHA-256 of the resolved config; recorded with every completion. */
  hash: string;
  /** The file laid over the shipped one, if there was one. */
  file?: string;
  /** What whoever wrote the file should know although it can be used; absent when there is nothing. */
  notices?: string[];
}

export interface ConfigSource {
  /** A file to use; absent: HOLDFAST_CONFIG, then ./holdfast.yaml, then the shipped config alone. */
  file?: string | undefined;
  env?: NodeJS.ProcessEnv;
  directory?: string;
  /** Laid over everything else; how simulated providers take the place of real ones. */
  overlay?: unknown;
}

/** Reads, merges and checks the config. @throws ConfigError */
export async function loadConfig(source: ConfigSource = {}): Promise<LoadedConfig> {
  const { env = process.env, directory = process.cwd(), overlay = {} } = source;
  const shipped = parseYaml(await readFile(new URL('default.yaml', import.meta.url), 'utf8'), 'default.yaml');
  // An empty variable is how shells and compose files say that there is none.
  const variable = env['HOLDFAST_CONFIG'] === '' ? undefined : env['HOLDFAST_CONFIG'];
  const named = source.file ?? variable;
  const file = path.resolve(directory, named ?? 'holdfast.yaml');
  const own = await readOwn(file, named !== undefined);
  const configured = layOver(shipped, own?.value);
  const complete = layOver(configured.value, overlay);
  const config = parseConfig(complete.value, own === undefined ? 'the shipped config' : file);
  const notices = [...configured.notices, ...complete.notices];
  return {
    config,
    hash: hashOf(config),
    ...(own === undefined ? {} : { file }),
    ...(notices.length === 0 ? {} : { notices }),
  };
}

/** Checks a config that is already a value. @throws ConfigError naming each fault */
export function parseConfig(value: unknown, name: string): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`${name} cannot be used:\n${withoutKeys(z.prettifyError(parsed.error))}`);
}

/** A key may have been pasted where a name belongs, and the message names what it does not know. */
function withoutKeys(message: string): string {
  return message.replaceAll(/\bsk-[\w-]{8,}/g, '[a key]');
}

/** The same for the same config, whatever order its parts were written in. */
export function hashOf(config: Config): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(config)))
    .digest('hex')
    .slice(0, 12);
}

async function readOwn(file: string, required: boolean): Promise<{ value: unknown } | undefined> {
  try {
    return { value: parseYaml(await readFile(file, 'utf8'), file) };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (!required && isMissing(error)) return undefined;
    throw new ConfigError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function parseYaml(text: string, name: string): unknown {
  try {
    // Without the lines themselves: one of them may hold a key that was pasted in.
    return parse(text, { prettyErrors: false, logLevel: 'error' });
  } catch (error) {
    throw new ConfigError(`${name} is not YAML: ${whereIn(text, error)}`);
  }
}

/** What is wrong where, in the parser's code words: its sentences may quote the text. */
function whereIn(text: string, error: unknown): string {
  if (!(error instanceof YAMLParseError)) return error instanceof Error ? error.name : String(error);
  const before = text.slice(0, error.pos[0]).split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  return `${error.code} at line ${String(before.length)}, column ${String(column)}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}
