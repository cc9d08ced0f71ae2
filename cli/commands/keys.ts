import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import ms from 'ms';
import { nearest } from '../../config/nearest.js';
import { addKey, revokeKey, rotateKey } from '../../gateway/access/key-changes.js';
import { keyIdIn, type GatewayKey, type KeyFile } from '../../gateway/access/key-file.js';
import { changeKeyFile, KeyFileError, readKeyFile } from '../../gateway/access/key-storage.js';
import { anyone } from '../../gateway/request-id.js';
import { CommandError, wrongUse } from '../command-error.js';
import type { CommandContext } from '../command-context.js';
import { asTyped } from '../command-name.js';
import { configOption, jsonOption } from '../common-options.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { findKeyFile, requireTargets, type KeyPlace } from '../key-place.js';
import { keyAsJson, keyTable, termsInWords, timeOf } from '../key-view.js';
import { parseName, parseNames, parseWholeNumber } from '../option-values.js';
import type { Act } from '../run-command.js';

interface KeyOptions {
  file?: string;
  config?: string;
  json?: true;
}

interface CreateOptions extends KeyOptions {
  owner: string;
  allow?: string[];
  /** Milliseconds. */
  expires?: number;
  rpm?: number;
  tpm?: number;
}

interface RotateOptions extends KeyOptions {
  /** Milliseconds. */
  grace?: number;
}

const usualGraceMs = 24 * 3_600_000;

export function keysCommand(act: Act): Command {
  const command = new Command('keys')
    .description('make, list, revoke and rotate the keys that clients of the gateway need')
    .addHelpText('after', '\nExamples:\n  holdfast keys create --owner web-shop\n  holdfast keys list');
  const part = (name: string, description: string, json: string, example: string): Command =>
    command
      .command(name)
      .description(description)
      .addOption(fileOption())
      .addOption(configOption())
      .addOption(jsonOption(json))
      .addHelpText('after', `\nExample:\n  holdfast keys ${name}${example}`);
  part(
    'create',
    'make a key; it is printed once, on stdout, and cannot be had again',
    'print it with its terms as one JSON object on stdout',
    ' --owner web-shop --allow chain:fast,gpt-4 --expires 90d --rpm 60',
  )
    .requiredOption(
      '--owner <name>',
      'whose it is; completions are read and cancelled by their owner alone',
      parseOwner,
    )
    .option('--allow <names>', 'what "model" of a request may be (default: everything)', parseNames)
    .option('--expires <time>', 'how long it is taken, such as 90d (default: for ever)', parseSpan)
    .option('--rpm <number>', 'completions that may begin in a minute', parseWholeNumber)
    .option('--tpm <number>', 'tokens that may be used in a minute', parseWholeNumber)
    .action((options: CreateOptions) => act(options, (context) => runCreate(options, context)));
  part('list', 'list the keys, without what they are', 'print them as one JSON object on stdout', '').action(
    (options: KeyOptions) => act(options, (context) => runList(options, context)),
  );
  part('revoke', 'take a key no longer', 'print the key as one JSON object on stdout', ' 1a2b3c4d')
    .addArgument(idArgument())
    .action((id: string, options: KeyOptions) => act(options, (context) => runRevoke(id, options, context)));
  part(
    'rotate',
    'make a key with the terms of another, which is taken for a while more',
    'print both as one JSON object on stdout',
    ' 1a2b3c4d --grace 24h',
  )
    .addArgument(idArgument())
    .option('--grace <time>', 'how long the old key is still taken (default: 24h)', parseSpanOrNone)
    .action((id: string, options: RotateOptions) =>
      act(options, (context) => runRotate(id, options, context)),
    );
  return command;
}

async function runCreate(options: CreateOptions, context: CommandContext): Promise<ExitCode> {
  const { owner, allow, expires, rpm, tpm } = options;
  const { out, err } = context;
  const place = await findKeyFile(options, context);
  if (allow !== undefined && place.loaded !== undefined) requireTargets(allow, place.loaded);
  const now = new Date();
  const terms = {
    owner,
    ...(allow === undefined ? {} : { allowed: allow }),
    ...(expires === undefined ? {} : { expiresAt: new Date(now.getTime() + expires).toISOString() }),
    ...(rpm === undefined ? {} : { requestsPerMinute: rpm }),
    ...(tpm === undefined ? {} : { tokensPerMinute: tpm }),
  };
  const { text, key } = await told(
    changeKeyFile(place.file, (file) => addKey(file, terms, now), { create: true }),
  );
  if (options.json) {
    out.line(JSON.stringify({ key: text, ...keyAsJson(key, now), file: place.file }));
  } else {
    out.line(text);
    err.line(`Key ${key.id} of ${owner}: ${termsInWords(key)}.`);
    err.line('It is shown this once; what is kept of it is a hash.');
  }
  tellPlace(place, context);
  return exitCodes.answered;
}

async function runList(options: KeyOptions, context: CommandContext): Promise<ExitCode> {
  const { out } = context;
  const { file } = await findKeyFile(options, context);
  const { keys } = await told(readKeyFile(file));
  const now = new Date();
  if (options.json) {
    out.line(JSON.stringify({ file, keys: keys.map((key) => keyAsJson(key, now)) }));
  } else {
    out.line(keys.length === 0 ? `There is no key in ${file}.` : keyTable(keys, now, out.colors));
  }
  return exitCodes.answered;
}

async function runRevoke(id: string, options: KeyOptions, context: CommandContext): Promise<ExitCode> {
  const { out } = context;
  const { file } = await findKeyFile(options, context);
  const now = new Date();
  const { key, before } = await told(
    changeKeyFile(
      file,
      (keys) => {
        const found = keyOf(id, keys, file);
        return { ...revokeKey(keys, found, now), before: found };
      },
      { create: false },
    ),
  );
  if (options.json) out.line(JSON.stringify({ ...keyAsJson(key, now), file }));
  else if (before.revokedAt !== undefined) {
    out.line(`Key ${key.id} of ${key.owner} was revoked already, ${timeOf(before.revokedAt)}.`);
  } else {
    out.line(
      `Key ${key.id} of ${key.owner} is revoked. Gateways with this file take it no longer, within about a second.`,
    );
  }
  return exitCodes.answered;
}

async function runRotate(id: string, options: RotateOptions, context: CommandContext): Promise<ExitCode> {
  const { out, err } = context;
  const place = await findKeyFile(options, context);
  const now = new Date();
  const { text, key, old } = await told(
    changeKeyFile(
      place.file,
      (keys) => {
        const found = keyOf(id, keys, place.file);
        requireRotatable(found);
        return rotateKey(keys, found, options.grace ?? usualGraceMs, now);
      },
      { create: false },
    ),
  );
  if (options.json) {
    const { file } = place;
    out.line(JSON.stringify({ key: text, ...keyAsJson(key, now), file, replaces: keyAsJson(old, now) }));
  } else {
    out.line(text);
    err.line(`Key ${key.id} of ${key.owner}: ${termsInWords(key)}.`);
    err.line(`It takes the place of ${old.id}, which is taken until ${timeOf(old.expiresAt ?? '')}.`);
  }
  return exitCodes.answered;
}

function keyOf(written: string, { keys }: KeyFile, file: string): GatewayKey {
  const id = keyIdIn(written);
  const key = keys.find((one) => one.id === id);
  if (key !== undefined) return key;
  const near = nearest(
    id,
    keys.map((one) => one.id),
  );
  throw wrongUse(`There is no key ${id} in ${file}${near === undefined ? '' : `; did you mean ${near}?`}`, [
    'See which there are: holdfast keys list',
  ]);
}

function requireRotatable({ id, owner, revokedAt, rotatedTo }: GatewayKey): void {
  if (rotatedTo !== undefined) {
    throw wrongUse(`Key ${id} was rotated already: ${rotatedTo} has its place.`, [
      `holdfast keys rotate ${rotatedTo}`,
    ]);
  }
  if (revokedAt !== undefined) {
    throw wrongUse(`Key ${id} is revoked.`, [`Make a new one: holdfast keys create --owner ${owner}`]);
  }
}

function tellPlace({ file, named }: KeyPlace, { env, err }: CommandContext): void {
  const naming = named ? '' : ` For a gateway to use it, the config names it: gateway: { keys: ${file} }`;
  err.line(asTyped(`It is in ${file}.${naming}`, env));
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    throw new CommandError(`key_file_${error.kind}`, exitCodes.invalid, error.message);
  }
}

const fileOption = (): Option =>
  new Option(
    '--file <path>',
    'the key file (default: gateway.keys of the config, else ./holdfast-keys.json)',
  ).argParser(parseName);

const idArgument = (): Argument =>
  new Argument('<id>', 'id of the key, as "keys list" has it').argParser(parseName);

function parseOwner(text: string): string {
  const owner = parseName(text);
  if (owner === anyone) throw new InvalidArgumentError(`"${anyone}" is who asks where there are no keys.`);
  if (owner.length <= 100) return owner;
  throw new InvalidArgumentError('It is longer than 100 characters.');
}

/** `90d` or `24h` as milliseconds; a span may be longer than the waits that `config/duration` is for. */
function parseSpan(text: string): number {
  const span = parseSpanOrNone(text);
  if (span > 0) return span;
  throw new InvalidArgumentError('Write a time above zero: 90d, 24h or 30m.');
}

/** Longest span, in milliseconds: a hundred years. */
const longestSpanMs = 100 * 365.25 * 24 * 3_600_000;

function parseSpanOrNone(text: string): number {
  const span = /^0$|^\d+(\.\d+)?\s*[a-z]+$/i.test(text.trim())
    ? ms(text.trim() as ms.StringValue)
    : undefined;
  if (span !== undefined && span >= 0 && span <= longestSpanMs) return span;
  throw new InvalidArgumentError('Write a time: 90d, 24h or 30m.');
}
