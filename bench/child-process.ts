import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What one kind of process answers to, by name, with its answer. */
type Answers = Record<string, unknown>;

/** A process that was started by this one and answers its questions. */
export interface Child<Facts extends Answers> {
  pid: number;
  /** Rejects when the process ends before it answers. */
  ask<Name extends string & keyof Facts>(name: Name): Promise<Facts[Name]>;
  /** Asks it to end, and resolves when it has. */
  stop(): Promise<void>;
}

interface Message {
  url?: string;
  answer?: unknown;
  number?: number;
}

/**
 * Runs a TypeScript file of this folder in a process of its own.
 * @returns the process, and where it listens
 */
export async function startChild<Facts extends Answers>(
  file: string,
  input: object,
  nodeFlags: readonly string[] = [],
): Promise<{ child: Child<Facts>; url: string }> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const process_ = spawn(process.execPath, [...nodeFlags, '--import', 'tsx', script, JSON.stringify(input)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(process_, 'exit');
  const gone = exited.then(([code]: unknown[]) => {
    throw new Error(`${file} ended with ${String(code)}`);
  });
  gone.catch(() => undefined);
  const answers = new Map<number, (value: unknown) => void>();
  const listening = new Promise<string>((resolve) => {
    process_.on('message', (message: Message) => {
      if (message.number === undefined) resolve(message.url ?? '');
      else answers.get(message.number)?.(message.answer);
    });
  });
  let asked = 0;
  const child: Child<Facts> = {
    pid: process_.pid ?? 0,
    ask: (name) => {
      asked += 1;
      const number = asked;
      const answer = new Promise<unknown>((resolve) => answers.set(number, resolve));
      process_.send({ name, number });
      return Promise.race([answer, gone]).finally(() => answers.delete(number)) as Promise<
        Facts[typeof name]
      >;
    },
    stop: async () => {
      if (isRunning(process_)) process_.kill('SIGTERM');
      await exited;
    },
  };
  return { child, url: await Promise.race([listening, gone]) };
}

/** With PROFILE=<folder>, a process writes there what its CPU time went into, one file a thread. */
export function profileFlags(): string[] {
  const folder = process.env['PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', folder];
}

/** Answers the questions of the process that started this one. */
export function answerParent<Facts extends Answers>(
  url: string,
  answers: { [Name in keyof Facts]: () => Facts[Name] | Promise<Facts[Name]> },
): void {
  process.on('message', ({ name, number }: { name: string; number: number }) => {
    void Promise.resolve(answers[name]?.()).then((answer) => process.send?.({ answer, number }));
  });
  // Whoever started it is gone, and asks it no more to end.
  process.once('disconnect', () => process.exit(0));
  process.send?.({ url });
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;
