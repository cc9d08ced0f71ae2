import type { CompletionHandle, CompletionResult } from '../client/index.js';
import { workflowUrl, type Engine } from '../engine/index.js';
import type { CommandContext } from './command-context.js';
import { commandName } from './command-name.js';
import { noticeInWords, resultInWords } from './result-view.js';
import type { RunningWorker } from './start-worker.js';
import { attemptLine, trailTable } from './trail-view.js';
import { defaultTaskQueue } from '../contracts/completion.js';

/** What `up` prints for its first completion, as JSON. */
export type FirstCompletion = CompletionResult & { simulated: boolean; url: string | null };

/** Waits for the answer and tells each attempt as it ends. */
export async function watchCompletion(
  handle: CompletionHandle,
  engine: Engine,
  { err }: CommandContext,
): Promise<CompletionResult> {
  const url = workflowUrl(engine, handle.id);
  err.line(`Completion ${handle.id}${url === null ? '' : `: ${url}`}`);
  return handle.resultTelling((attempt) => {
    err.line(`  ${attemptLine(attempt, err.colors)}`);
  });
}

export interface Surroundings {
  engine: Engine;
  /** Of a server that other commands would not find by themselves. */
  address?: string | undefined;
  /** Whether engine and worker go on running. */
  stays: boolean;
}

/** The answer, the trail as a table, and where to go from here. */
export function printCompletion(
  result: FirstCompletion,
  { taskQueue }: RunningWorker,
  { out, env }: CommandContext,
  { engine, address, stays }: Surroundings,
): void {
  const { colors } = out;
  out.line();
  out.line(colors.bold(result.answer));
  out.line();
  out.line(trailTable(result.attempts, colors));
  out.line();
  if (result.notice !== undefined) out.line(noticeInWords(result.notice));
  out.line(resultInWords(result));
  out.line();
  const command = `${address === undefined ? '' : `TEMPORAL_ADDRESS=${address} `}${commandName(env)}`;
  if (!stays && engine.startedHere) {
    const again = `${commandName(env)} up${address === undefined ? '' : ` --database ${engine.databasePath ?? ''}`}`;
    out.line(`It is kept in ${engine.databasePath ?? 'no file'}. To look at it there: ${again}`);
    return;
  }
  const queue = taskQueue === defaultTaskQueue ? '' : ` --task-queue ${taskQueue}`;
  if (result.url !== null) out.line(`In the Temporal UI:  ${colors.cyan(result.url)}`);
  out.line(`Its attempts again:  ${command} attempts ${result.id}`);
  if (stays) out.line(`In another terminal: ${command} complete "Why is the sky blue?"${queue}`);
}
