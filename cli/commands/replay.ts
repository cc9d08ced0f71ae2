import { Command } from 'commander';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '../../worker/workflow-bundle.js';
import { createLogger } from '../../worker/logger.js';
import type { CommandContext } from '../command-context.js';
import { jsonOption } from '../common-options.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { logLevel } from '../log-level.js';
import { readHistory, type RecordedHistory } from '../read-history.js';
import type { Act } from '../run-command.js';

export interface ReplayOptions {
  json?: true;
}

export function replayCommand(act: Act): Command {
  return new Command('replay')
    .description('run a recorded history against the current code; no provider is called')
    .argument('<id | history.json>', 'a completion of the engine, or a file with its history')
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
  const { env, out, err } = context;
  const recorded = await readHistory(source, env);
  context.installLogger(createLogger(logLevel(env, 'silent')));
  const divergence = await replay(recorded);
  console.error(divergence);
  return exitCodes.answered;
}

async function replay({ id, history }: RecordedHistory): Promise<string | undefined> {
  try {
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, id);
    return undefined;
  } catch (error) {
    if (error instanceof DeterminismViolationError) return error.message;
    throw error;
  }
}
