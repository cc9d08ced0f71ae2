import { Option } from 'commander';
import { defaultTaskQueue } from '../contracts/completion.js';

// Options that several commands take mean the same everywhere.

export function configOption(): Option {
  return new Option(
    '--config <file>',
    'config to lay over the shipped one (default: ./holdfast.yaml if there)',
  );
}

export function taskQueueOption(): Option {
  return new Option('--task-queue <name>', `task queue of the workers (default: ${defaultTaskQueue})`);
}

export function jsonOption(description: string): Option {
  return new Option('--json', description);
}
