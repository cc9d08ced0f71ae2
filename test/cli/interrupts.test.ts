import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { listenForInterrupts, type InterruptOptions } from '../../cli/interrupts.js';

function source(options: InterruptOptions = {}) {
  const emitter = new EventEmitter();
  let now = 0;
  const exit = vi.fn();
  const interrupts = listenForInterrupts(
    options,
    { on: (name, listener) => emitter.on(name, listener), exit },
    () => now,
  );
  return {
    interrupts,
    exit,
    send: (signal: NodeJS.Signals, atMs: number): void => {
      now = atMs;
      emitter.emit(signal);
    },
  };
}

it('the first signal asks for an end in good order', () => {
  const { interrupts, exit, send } = source();

  send('SIGTERM', 0);

  expect(interrupts.signal.aborted).toBe(true);
  expect(exit).not.toHaveBeenCalled();
});

it('a second Ctrl-C ends at once with 130, after the last act', () => {
  const { interrupts, exit, send } = source();
  const lastAct = vi.fn();
  interrupts.beforeForcedEnd(lastAct);

  send('SIGINT', 0);
  send('SIGINT', 2_000);

  expect(exit).toHaveBeenCalledWith(130);
  expect(lastAct.mock.invocationCallOrder[0]).toBeLessThan(exit.mock.invocationCallOrder[0] ?? 0);
});

it('one Ctrl-C that npm passes on a second time is still one', () => {
  const { exit, send } = source();

  send('SIGINT', 0);
  send('SIGINT', 5);

  expect(exit).not.toHaveBeenCalled();
});

it('a closed terminal ends a command, but not one that reads its config anew at SIGHUP', () => {
  const plain = source();
  const service = source({ hangUpEnds: false });

  plain.send('SIGHUP', 0);
  service.send('SIGHUP', 0);
  service.send('SIGHUP', 2_000);

  expect(plain.interrupts.signal.aborted).toBe(true);
  expect(service.interrupts.signal.aborted).toBe(false);
  expect(service.exit).not.toHaveBeenCalled();
});
