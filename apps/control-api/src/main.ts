// Runs control-api as a process: environment in, signals heard, one line if it cannot start.
import { startControlApi } from './compose.ts';
import { readControlApiConfig } from './config.ts';
import { runProcess } from './run-process.ts';

await runProcess('control-api', () => startControlApi(readControlApiConfig(process.env)));
