import { Argument, Option } from 'commander';
import { defaultTaskQueue } from '../contracts/completion.js';
import { parseName, parsePort } from './option-values.js';

// Options that several commands take mean the same everywhere.

export function configOption(): Option {
  return new Option(
    '--config <file>',
    'config to lay over the shipped one (default: ./holdfast.yaml if there)',
  ).argParser(parseName);
}

export function taskQueueOption(): Option {
  return new Option(
    '--task-queue <name>',
    `task queue of the workers (default: ${defaultTaskQueue})`,
  ).argParser(parseName);
}

export function hostOption(): Option {
  return new Option('--host <address>', 'address that the gateway listens on (default: 127.0.0.1)').argParser(
    parseName,
  );
}

export function portOption(): Option {
  return new Option('--port <number>', 'port that the gateway listens on (default: 8788)').argParser(
    parsePort,
  );
}

export function jsonOption(description: string): Option {
  return new Option('--json', description);
}

export function idArgument(): Argument {
  return new Argument('<id>', 'id of the completion').argParser(parseName);
}
