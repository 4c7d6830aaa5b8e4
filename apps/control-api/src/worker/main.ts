// Runs the worker as a process of its own, beside control-apis with WEIR_JOBS=elsewhere. It needs no first key and serves no API.
import { startJobWorker } from '../compose.ts';
import { readControlApiConfig, readWorkerListen } from '../config.ts';
import { runProcess } from '../run-process.ts';

await runProcess('worker', () =>
  startJobWorker(readControlApiConfig(process.env), readWorkerListen(process.env)),
);
