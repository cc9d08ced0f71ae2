import { Command, CommanderError } from 'commander';
import type { CommandContext } from './command-context.js';
import { asTyped, commandName } from './command-name.js';
import { alertsCommand } from './commands/alerts.js';
import { attemptsCommand } from './commands/attempts.js';
import { breakersCommand } from './commands/breakers.js';
import { cancelCommand } from './commands/cancel.js';
import { completeCommand } from './commands/complete.js';
import { configCommand } from './commands/config.js';
import { failuresCommand } from './commands/failures.js';
import { gatewayCommand } from './commands/gateway.js';
import { keysCommand } from './commands/keys.js';
import { replayCommand } from './commands/replay.js';
import { upCommand } from './commands/up.js';
import { workerCommand } from './commands/worker.js';
import { exitCodes, exitCodesInWords, type ExitCode } from './exit-codes.js';
import type { ErrorAsJson } from './report-error.js';
import { actIn } from './run-command.js';
import type { Output } from './terminal.js';
import { packageVersion } from './version.js';

const commands = [
  upCommand,
  completeCommand,
  attemptsCommand,
  cancelCommand,
  replayCommand,
  workerCommand,
  gatewayCommand,
  configCommand,
  failuresCommand,
  alertsCommand,
  breakersCommand,
  keysCommand,
];

/** Parses the command line, runs the command that it names, and resolves to the exit code. */
export async function runProgram(args: string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.answered;
  const act = actIn(context, (code) => {
    exitCode = code;
  });
  const { env, out, err } = context;
  const program = new Command(commandName(env))
    .description('Durable LLM completions on Temporal: retries, fallbacks and one recorded answer.')
    .version(packageVersion())
    .addHelpText('after', `\nExample:\n  holdfast up\n\n${exitCodesInWords}`)
    .showHelpAfterError('(--help shows how it is used)')
    .configureOutput({ writeOut: linesTo(out, env), writeErr: linesTo(err, env) })
    .exitOverride();
  for (const makeCommand of commands) {
    const command = makeCommand(act).copyInheritedSettings(program);
    for (const part of command.commands) part.copyInheritedSettings(command);
    program.addCommand(command);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.answered;
    if (args.includes('--json')) {
      const message = error.message.replace(/^error: /, '');
      out.line(JSON.stringify({ error: { code: 'invalid_use', message } } satisfies ErrorAsJson));
    }
    return exitCodes.invalid;
  }
}

/** Writes help, its examples as they can be typed here. */
function linesTo(output: Output, env: NodeJS.ProcessEnv): (text: string) => void {
  return (text) => output.line(asTyped(text.replace(/\n$/, ''), env));
}
