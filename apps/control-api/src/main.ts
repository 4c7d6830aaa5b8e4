// Runs control-api as a process: environment in, signals heard, one line if it cannot start.
import { createLogger } from '@weir/telemetry';
import { startControlApi } from './compose.ts';
import { readControlApiConfig } from './config.ts';

const leaveWithinMs = 10_000;

try {
  const api = await startControlApi(readControlApiConfig(process.env));
  let leaving = false;
  const leave = () => {
    if (leaving) return;
    leaving = true;
    setTimeout(() => process.exit(1), leaveWithinMs).unref();
    api.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
} catch (error) {
  createLogger({ name: 'control-api' }).fatal({ err: error }, 'control-api cannot start');
  process.exitCode = 1;
}
