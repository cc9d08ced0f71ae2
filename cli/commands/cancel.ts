import { WorkflowNotFoundError } from '@temporalio/client';
import { Command } from 'commander';
import { EngineConnection } from '../../client/engine-connection.js';
import { findEngine, workflowUrl } from '../../engine/index.js';
import { clientAddress } from '../client-address.js';
import type { CommandContext } from '../command-context.js';
import { commandName } from '../command-name.js';
import { idArgument, jsonOption } from '../common-options.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { describeCompletion } from '../read-completion.js';
import type { Act } from '../run-command.js';

export interface CancelOptions {
  json?: true;
}

export function cancelCommand(act: Act): Command {
  return new Command('cancel')
    .description('ask for a completion to end; the call that is running is aborted')
    .addArgument(idArgument())
    .addOption(jsonOption('print what was done as one JSON object on stdout'))
    .addHelpText('after', '\nExample:\n  holdfast cancel completion-3f2c1a90')
    .action((id: string, options: CancelOptions) =>
      act(options, (context) => runCancel(id, options, context)),
    );
}

/** Asks once and does not wait for the end; a completion that has ended is left as it is. */
export async function runCancel(
  id: string,
  options: CancelOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { env, out } = context;
  const engine = await findEngine({ env });
  const connection = new EngineConnection(clientAddress(engine));
  try {
    const { status, cancelRequested } = await cancelRunning(id, connection);
    if (options.json) {
      out.line(JSON.stringify({ id, status, cancelRequested, url: workflowUrl(engine, id) }));
    } else if (cancelRequested) {
      out.line(`Asked completion ${id} to end. A worker does it, as a rule within 5 seconds.`);
      out.line(`See how it ended: ${commandName(env)} attempts ${id}`);
    } else {
      out.line(`Completion ${id} has ended already: ${status}. Nothing was changed.`);
    }
    return exitCodes.answered;
  } finally {
    await connection.close();
  }
}

/** @throws CompletionNotFoundError, CommandError for another kind of workflow, EngineUnavailableError */
async function cancelRunning(
  id: string,
  connection: EngineConnection,
): Promise<{ status: string; cancelRequested: boolean }> {
  const { status, runId } = await describeCompletion(id, connection);
  if (status.name !== 'RUNNING') return { status: status.name.toLowerCase(), cancelRequested: false };
  try {
    // This run: one that is started anew under the id was not meant.
    await connection.call((client) => client.workflow.getHandle(id, runId).cancel());
    return { status: 'running', cancelRequested: true };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    // It ended in between.
    const { status: ending } = await describeCompletion(id, connection);
    return { status: ending.name.toLowerCase(), cancelRequested: false };
  }
}
