import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import {
  completionWorkflowType,
  fingerprintMemoKey,
  startMemoKey,
  targetName,
  type CompletionInput,
  type CompletionWorkflow,
} from '../contracts/completion.js';
import { searchAttributes } from '../contracts/search-attributes.js';
import { runOf, workflowOf, type CompletionRun, type RunOrigin } from './completion-run.js';
import type { EngineConnection } from './engine-connection.js';
import { grpcStatus } from './engine-trouble.js';
import { EngineUnavailableError, IdUsedForAnotherRequestError } from './errors.js';
import type { CheckedRequest } from './request.js';

export interface StarterSettings {
  taskQueue: string;
  lingerMs: number;
  /** How long a start is repeated while Temporal does not answer, in milliseconds. */
  startPatienceMs: number;
  searchAttributes: boolean;
  /**
   * Lets a worker of this process begin the workflow without a round trip: only over a connection that such a worker
   * shares.
   */
  eagerly?: boolean;
}

/** A run, and how it was come by. */
export interface StartedRun extends CompletionRun {
  origin: RunOrigin;
}

/** What is to be started. */
export interface Start extends CheckedRequest {
  id: string;
  deadlineMs: number;
}

/** One start with all its repetitions. */
interface StartCall extends Start {
  /** Recorded with a run that it starts. */
  token: string;
  /** The failed run that it means to replace, once it has seen one. */
  replaces?: string;
}

interface ExistingRun {
  run: StartedRun;
  failed: boolean;
}

type ReusePolicy = 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY';

const modelAttribute = defineSearchAttributeKey(searchAttributes.model, 'KEYWORD');
const strategyAttribute = defineSearchAttributeKey(searchAttributes.strategy, 'KEYWORD');

/** Starts completions so that any number of equal starts under one id give one. */
export class CompletionStarter {
  /** Turned off once the namespace turned out not to know our search attributes. */
  private useSearchAttributes: boolean;

  constructor(
    private readonly engine: EngineConnection,
    private readonly settings: StarterSettings,
  ) {
    this.useSearchAttributes = settings.searchAttributes;
  }

  /**
   * The run that was started, or the one that the id belongs to already. May be repeated safely, and is, while
   * Temporal does not answer.
   * @throws IdUsedForAnotherRequestError, EngineUnavailableError, EngineRefusedError, HoldfastClosedError, the reason
   * of the signal
   */
  async start(start: Start, signal?: AbortSignal): Promise<StartedRun> {
    const patience = Date.now() + this.settings.startPatienceMs;
    const call: StartCall = { ...start, token: randomUUID() };
    for (;;) {
      try {
        return await this.startOrJoin(call, signal);
      } catch (error) {
        if (!(error instanceof EngineUnavailableError) || Date.now() > patience) throw error;
        await this.engine.pause(250, signal);
      }
    }
  }

  private async startOrJoin(call: StartCall, signal?: AbortSignal): Promise<StartedRun> {
    // Not even a failed run may be replaced before it is known to be of the same request.
    const started = await this.tryStart(call, 'REJECT_DUPLICATE', signal);
    if (started !== undefined) return started;
    const { run, failed } = await this.existing(call, signal);
    if (!failed || run.origin === 'started') return run;
    call.replaces ??= run.runId;
    // Somebody else has replaced it since: that run is of the same request, and newer than this call, whatever its end.
    if (call.replaces !== run.runId) return run;
    const restarted = await this.tryStart(call, 'ALLOW_DUPLICATE_FAILED_ONLY', signal);
    return restarted ?? (await this.existing(call, signal)).run;
  }

  /** Undefined when the policy does not let the id be used. */
  private async tryStart(
    start: StartCall,
    policy: ReusePolicy,
    signal?: AbortSignal,
  ): Promise<StartedRun | undefined> {
    try {
      const runId = await this.engine.call((client) => this.startWorkflow(client, start, policy), { signal });
      return { runId, endsBy: Date.now() + start.deadlineMs + this.settings.lingerMs, origin: 'started' };
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
      throw error;
    }
  }

  private async existing({ id, fingerprint, token }: StartCall, signal?: AbortSignal): Promise<ExistingRun> {
    try {
      const description = await this.engine.call((client) => workflowOf(client, id).describe(), { signal });
      if (description.memo?.[fingerprintMemoKey] !== fingerprint) throw new IdUsedForAnotherRequestError(id);
      const { name } = description.status;
      const failed = name !== 'RUNNING' && name !== 'COMPLETED';
      // By this very call, whose reply was lost.
      const ours = description.memo[startMemoKey] === token;
      const origin = ours ? 'started' : name === 'RUNNING' ? 'joined' : 'replayed';
      return { run: { ...runOf(description), origin }, failed };
    } catch (error) {
      // Temporal is just deleting it; the id will be free in a moment.
      if (error instanceof WorkflowNotFoundError)
        throw new EngineUnavailableError(this.engine.address, error);
      throw error;
    }
  }

  /** Returns the run id. */
  private async startWorkflow(client: Client, start: StartCall, policy: ReusePolicy): Promise<string> {
    const { id, deadlineMs, fingerprint, token } = start;
    const input: CompletionInput = { ...start.input, deadlineMs };
    const startWith = async (typedSearchAttributes: SearchAttributePair[]): Promise<string> => {
      const handle = await client.workflow.start<CompletionWorkflow>(completionWorkflowType, {
        workflowId: id,
        taskQueue: this.settings.taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: policy,
        memo: { [fingerprintMemoKey]: fingerprint, [startMemoKey]: token },
        staticSummary: summaryOf(start),
        typedSearchAttributes,
        ...(this.settings.eagerly === true ? { requestEagerStart: true } : {}),
        // The workflow keeps the deadline itself; this ends one that no worker ever came for.
        workflowExecutionTimeout: deadlineMs + this.settings.lingerMs,
      });
      return handle.firstExecutionRunId;
    };
    const wanted = this.useSearchAttributes ? searchAttributesOf(start) : [];
    try {
      return await startWith(wanted);
    } catch (error) {
      if (wanted.length === 0 || !isUnknownSearchAttribute(error)) throw error;
      this.useSearchAttributes = false;
      process.emitWarning(
        `namespace ${this.engine.namespace} does not know Holdfast's search attributes; completions are started without them. ` +
          `Register them: temporal operator search-attribute create --name ${searchAttributes.model} --type Keyword (and the others of docs/calling-from-a-backend.md)`,
        'HoldfastWarning',
      );
      return startWith([]);
    }
  }
}

function isUnknownSearchAttribute(error: unknown): boolean {
  const invalidArgument = 3;
  const { cause } = error instanceof Error ? error : { cause: undefined };
  const text = cause instanceof Error ? cause.message : String(error);
  return grpcStatus(error) === invalidArgument && /search attribute/i.test(text);
}

function searchAttributesOf({ input: { target } }: CheckedRequest): SearchAttributePair[] {
  if (target.kind === 'model') return [{ key: modelAttribute, value: target.model }];
  return target.kind === 'strategy' ? [{ key: strategyAttribute, value: target.strategy }] : [];
}

/** The line under the workflow's name in the Temporal UI: what was asked of whom, without any of the text. */
function summaryOf({ input: { target, chat } }: CheckedRequest): string {
  const messages = `${String(chat.messages.length)} message${chat.messages.length === 1 ? '' : 's'}`;
  const asked = target.kind === 'models' ? target.models.join(' > ') : `${target.kind} ${targetName(target)}`;
  return `${asked}, ${messages}`.slice(0, 200);
}
