#!/usr/bin/env node
import { Runtime } from '@temporalio/worker';
import { runtimeOptions } from '../worker/logger.js';
import { listenForInterrupts } from './interrupts.js';
import { runProgram } from './program.js';
import { outputTo } from './terminal.js';

for (const stream of [process.stdout, process.stderr]) {
  // A reader that has left (`| head`, a closed terminal) wants nothing more.
  stream.on('error', () => undefined);
}

const exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  out: outputTo(process.stdout, process.env),
  err: outputTo(process.stderr, process.env),
  stdin: process.stdin,
  listenForInterrupts: (options) => listenForInterrupts(options),
  installLogger: (logger) => {
    Runtime.install(runtimeOptions(logger));
  },
});
// What was written must have left before the end, and nothing that is left over may put the end off.
process.stdout.write('', () => process.exit(exitCode));
