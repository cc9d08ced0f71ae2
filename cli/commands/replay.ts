import { Command } from 'commander';
import { createLogger } from '../../worker/logger.js';
import type { CommandContext } from '../command-context.js';
import { jsonOption } from '../common-options.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { logLevel } from '../log-level.js';
import { parseName } from '../option-values.js';
import { readHistory } from '../read-history.js';
import { replayHistory, type Divergence } from '../replay-history.js';
import type { Act } from '../run-command.js';

export interface ReplayOptions {
  json?: true;
}

export function replayCommand(act: Act): Command {
  return new Command('replay')
    .description('run a recorded history against the current code; no provider is called')
    .argument('<id | history.json>', 'a completion of the engine, or a file with its history', parseName)
    .addOption(jsonOption('print the verdict as one JSON object on stdout'))
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast replay completion-3f2c1a90\n  temporal workflow show --workflow-id completion-3f2c1a90 --output json > history.json\n  holdfast replay history.json',
    )
    .action((source: string, options: ReplayOptions) =>
      act(options, (context) => runReplay(source, options, context)),
    );
}

/** Says whether the current code would take the recorded decisions again, and where not. */
export async function runReplay(
  source: string,
  options: ReplayOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { env, out } = context;
  const recorded = await readHistory(source, env);
  // Temporal's own lines about a divergence only repeat what is told below.
  context.installLogger(createLogger(logLevel(env, 'silent')));
  const divergence = await replayHistory(recorded);
  const { id, events } = recorded;
  if (options.json) {
    out.line(
      JSON.stringify({ id, events, replays: divergence === undefined, divergence: divergence ?? null }),
    );
  } else if (divergence === undefined) {
    out.line(
      `${out.colors.green('replays')}: ${id}, ${events} events; the current code takes the same decisions.`,
    );
  } else {
    out.line(`${out.colors.red('diverges')}: ${id} at ${place(divergence)} of ${events} events.`);
    out.line(`  ${divergence.message}`);
    out.line(
      '  Guard the changed code with patched(), or let workers of the old version finish this completion.',
    );
  }
  return divergence === undefined ? exitCodes.answered : exitCodes.replayDiverged;
}

function place({ events: { from, to, types } }: Divergence): string {
  return `${from === to ? `event ${from}` : `events ${from} to ${to}`} (${types.join(', ')})`;
}
