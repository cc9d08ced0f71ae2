import { startEngine, type EngineOptions } from '../../engine/index.js';
import { realDependencies } from '../../engine/dependencies.js';
import type { Ports } from '../../engine/ports.js';

/** What a process of its own is told at its start. */
export interface ProcessOrder {
  options: Pick<EngineOptions, 'env' | 'searchAttributes'>;
  ports: Ports;
}

/** What it reports once its engine is there. */
export interface ProcessReport {
  source: string;
  startedHere: boolean;
  address: string;
  pid: number | undefined;
}

// A Holdfast that starts its engine, reports, and then lives on without ever stopping it.
// `on`, since a channel that nobody listens to would let the process end.
process.on('message', (order: ProcessOrder) => {
  void startEngine(order.options, { ...realDependencies(), ports: order.ports }).then((engine) => {
    const { source, startedHere, address, pid } = engine;
    const report: ProcessReport = { source, startedHere, address, pid };
    process.send?.(report);
  });
});
