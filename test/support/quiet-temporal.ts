import { Runtime } from '@temporalio/worker';
import { createLogger, runtimeOptions } from '../../worker/logger.js';

// Workers come and go by the dozen here; only what is wrong is worth a line.
Runtime.install(runtimeOptions(createLogger('error')));
