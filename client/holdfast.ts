import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { Attempt } from '../contracts/attempt.js';
import {
  completionWorkflowType,
  defaultDeadlineMs,
  defaultTaskQueue,
  fingerprintMemoKey,
  type CompletionInput,
  type CompletionResult,
  type CompletionWorkflow,
} from '../contracts/completion.js';
import { CompletionHandle } from './completion-handle.js';
import { EngineConnection, grpcStatus, type EngineAddress } from './engine-connection.js';
import { EngineUnavailableError, IdUsedForAnotherRequestError } from './errors.js';
import { checkRequest, type CheckedRequest, type CompletionRequest } from './request.js';

export interface HoldfastOptions extends EngineAddress {
  taskQueue?: string;
  /** Deadline of completions that do not set their own, in milliseconds (default five minutes). */
  deadlineMs?: number;
  /** How long past its deadline Temporal lets a completion linger before ending it, in milliseconds (default 10 s). */
  lingerMs?: number;
  /** How long a start is repeated while Temporal does not answer, in milliseconds (default 10 s). */
  startPatienceMs?: number;
}

export interface CompleteOptions {
  /** Told of each attempt as it ends, so that a caller can say what is going on while a fallback happens. */
  onAttempt?: (attempt: Attempt) => void;
}

const modelAttribute = defineSearchAttributeKey('HoldfastModel', 'KEYWORD');
const strategyAttribute = defineSearchAttributeKey('HoldfastStrategy', 'KEYWORD');

/**
 * The client library: starts durable completions and reads their results.
 *
 * @example
 * const holdfast = new Holdfast();
 * const { answer, model } = await holdfast.complete({ messages: [{ role: 'user', content: 'Hello' }] });
 */
export class Holdfast {
  private readonly engine: EngineConnection;
  private readonly taskQueue: string;
  private readonly deadlineMs: number;
  private readonly lingerMs: number;
  private readonly startPatienceMs: number;
  /** Turned off once the namespace turned out not to know our search attributes. */
  private useSearchAttributes = true;

  constructor(options: HoldfastOptions = {}) {
    this.engine = new EngineConnection(options);
    this.taskQueue = options.taskQueue ?? defaultTaskQueue;
    this.deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
    this.lingerMs = options.lingerMs ?? 10_000;
    this.startPatienceMs = options.startPatienceMs ?? 10_000;
  }

  /**
   * Starts a completion and waits for its answer.
   *
   * @throws InvalidRequestError before anything is started
   * @throws CompletionFailedError with the kind and the trail, when no model answered
   * @throws CompletionCancelledError, IdUsedForAnotherRequestError, EngineUnavailableError
   */
  async complete(request: CompletionRequest, options: CompleteOptions = {}): Promise<CompletionResult> {
    const handle = await this.start(request);
    return options.onAttempt === undefined ? handle.result() : handle.resultTelling(options.onAttempt);
  }

  /**
   * Starts a completion and returns at once. With an `id`, any number of equal starts give one completion: a running one
   * is joined, a finished one replayed, and one that ended without an answer is started anew.
   *
   * @throws InvalidRequestError, IdUsedForAnotherRequestError, EngineUnavailableError
   */
  async start(request: CompletionRequest): Promise<CompletionHandle> {
    const checked = checkRequest(request);
    const id = checked.id ?? `completion-${randomUUID()}`;
    const deadlineMs = checked.deadlineMs ?? this.deadlineMs;
    try {
      await this.startPatiently(id, checked, deadlineMs);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await this.requireSameRequest(id, checked.fingerprint);
    }
    return new CompletionHandle(id, this.engine, this.taskQueue, deadlineMs + this.lingerMs);
  }

  /** A completion that was started before, here or elsewhere. Nothing is asked of Temporal yet. */
  get(id: string): CompletionHandle {
    return new CompletionHandle(id, this.engine, this.taskQueue);
  }

  /** Closes the connection to Temporal. Completions go on without it. */
  async close(): Promise<void> {
    await this.engine.close();
  }

  /** A start may be repeated safely: the id makes the second one join the first. */
  private async startPatiently(id: string, checked: CheckedRequest, deadlineMs: number): Promise<void> {
    const patience = Date.now() + this.startPatienceMs;
    for (;;) {
      try {
        await this.engine.call((client) => this.startWorkflow(client, id, checked, deadlineMs));
        return;
      } catch (error) {
        if (!(error instanceof EngineUnavailableError) || Date.now() > patience) throw error;
        await sleep(250);
      }
    }
  }

  private async startWorkflow(
    client: Client,
    id: string,
    checked: CheckedRequest,
    deadlineMs: number,
  ): Promise<void> {
    const { target, chat, fingerprint } = checked;
    const input: CompletionInput = { target, chat, deadlineMs };
    const start = (typedSearchAttributes: SearchAttributePair[]): Promise<unknown> =>
      client.workflow.start<CompletionWorkflow>(completionWorkflowType, {
        workflowId: id,
        taskQueue: this.taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        memo: { [fingerprintMemoKey]: fingerprint },
        staticSummary: summaryOf(checked),
        typedSearchAttributes,
        // The workflow keeps the deadline itself; this ends one that no worker ever came for.
        workflowExecutionTimeout: deadlineMs + this.lingerMs,
      });
    const wanted = this.useSearchAttributes ? searchAttributesOf(checked) : [];
    try {
      await start(wanted);
    } catch (error) {
      if (wanted.length === 0 || !isUnknownSearchAttribute(error)) throw error;
      this.useSearchAttributes = false;
      process.emitWarning(
        `namespace ${this.engine.namespace} does not know Holdfast's search attributes; completions are started without them. ` +
          'Register them: temporal operator search-attribute create --name HoldfastModel --type Keyword (and the others of docs/engine.md)',
        'HoldfastWarning',
      );
      await start([]);
    }
  }

  private async requireSameRequest(id: string, fingerprint: string): Promise<void> {
    const { memo } = await this.engine.call((client) => client.workflow.getHandle(id).describe());
    if (memo?.[fingerprintMemoKey] !== fingerprint) throw new IdUsedForAnotherRequestError(id);
  }
}

function isUnknownSearchAttribute(error: unknown): boolean {
  const invalidArgument = 3;
  const { cause } = error instanceof Error ? error : { cause: undefined };
  const text = cause instanceof Error ? cause.message : String(error);
  return grpcStatus(error) === invalidArgument && /search attribute/i.test(text);
}

function searchAttributesOf({ target }: CheckedRequest): SearchAttributePair[] {
  if (target.kind === 'model') return [{ key: modelAttribute, value: target.model }];
  return target.kind === 'strategy' ? [{ key: strategyAttribute, value: target.strategy }] : [];
}

/** The line under the workflow's name in the Temporal UI: what was asked of whom, without any of the text. */
function summaryOf({ target, chat }: CheckedRequest): string {
  const messages = `${String(chat.messages.length)} message${chat.messages.length === 1 ? '' : 's'}`;
  const asked = target.kind === 'models' ? target.models.join(' > ') : `${target.kind} ${nameOf(target)}`;
  return `${asked}, ${messages}`.slice(0, 200);
}

function nameOf(target: Exclude<CheckedRequest['target'], { kind: 'models' }>): string {
  switch (target.kind) {
    case 'model':
      return target.model;
    case 'chain':
      return target.chain;
    case 'strategy':
      return target.strategy;
    case 'auto':
      return target.budget === 'low' ? 'strategy, low budget' : 'strategy';
  }
}
