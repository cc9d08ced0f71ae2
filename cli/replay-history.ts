import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '../worker/workflow-bundle.js';
import type { History, RecordedHistory } from './read-history.js';

/** Where the current code and a recorded history part. */
export interface Divergence {
  /** What does not fit, in Temporal's words. */
  message: string;
  /** The event that the code has no place for, or the events among which it is. */
  events: { from: number; to: number; types: string[] };
}

type HistoryEvent = NonNullable<History['events']>[number];

/** Runs a history against the current workflow code; undefined when the code takes the same decisions. */
export async function replayHistory({ id, history }: RecordedHistory): Promise<Divergence | undefined> {
  const bundle = await workflowBundle();
  const diverges = async (events: HistoryEvent[]): Promise<string | undefined> => {
    try {
      await Worker.runReplayHistory({ workflowBundle: bundle }, { events }, id);
      return undefined;
    } catch (error) {
      if (error instanceof DeterminismViolationError) return violationIn(error.message);
      throw error;
    }
  };
  const events = history.events ?? [];
  const message = await diverges(events);
  if (message === undefined) return undefined;
  const named = /HistoryEvent\(id: (\d+), (\w+)\)/.exec(message);
  if (named !== null) {
    const at = Number(named[1]);
    return { message, events: { from: at, to: at, types: [named[2] ?? ''] } };
  }
  return { message, events: await firstDivergingTask(events, diverges) };
}

/** Temporal does not always name an event. The shortest part of the history that diverges tells which decisions did. */
async function firstDivergingTask(
  events: HistoryEvent[],
  diverges: (events: HistoryEvent[]) => Promise<string | undefined>,
): Promise<Divergence['events']> {
  const tasks = events.flatMap((event, index) => (event.workflowTaskCompletedEventAttributes ? [index] : []));
  for (const [task, index] of tasks.entries()) {
    const next = tasks[task + 1];
    // What a task decided is compared when the next one comes.
    if (next !== undefined && (await diverges(events.slice(0, next))) === undefined) continue;
    return named(decisionsAfter(events, index));
  }
  return named(events);
}

/** The events that a workflow task left behind, or the task itself when it decided nothing. */
function decisionsAfter(events: HistoryEvent[], index: number): HistoryEvent[] {
  const following = events.slice(index + 1);
  const end = following.findIndex((event) => !isDecision(event));
  const decisions = end === -1 ? following : following.slice(0, end);
  return decisions.length > 0 ? decisions : events.slice(index, index + 1);
}

function isDecision(event: HistoryEvent): boolean {
  return Object.values(event).some(
    (value: unknown) =>
      typeof value === 'object' && value !== null && 'workflowTaskCompletedEventId' in value,
  );
}

function named(events: HistoryEvent[]): Divergence['events'] {
  const ids = events.map(({ eventId }) => Number(eventId));
  return { from: ids[0] ?? 0, to: ids.at(-1) ?? 0, types: events.map(typeOf) };
}

/** `ActivityTaskScheduled callModel`, from the attributes that the event carries. */
function typeOf(event: HistoryEvent): string {
  const attributes = 'EventAttributes';
  const field = Object.keys(event).find((name) => name.endsWith(attributes)) ?? 'event';
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}`.replace(attributes, '');
  const detail =
    event.activityTaskScheduledEventAttributes?.activityType?.name ??
    event.markerRecordedEventAttributes?.markerName;
  return detail ? `${type} ${detail}` : type;
}

/** The sentence that matters in what Temporal's core prints of its error. */
function violationIn(message: string): string {
  return /Nondeterminism error: (.*?)", source:/s.exec(message)?.[1] ?? message;
}
