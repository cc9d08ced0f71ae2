import { DefaultLogger, Runtime } from '@temporalio/worker';

// Workers come and go by the dozen here; only what is wrong is worth a line.
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
