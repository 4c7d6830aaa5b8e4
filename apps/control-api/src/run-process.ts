// Runs a process of this app: it leaves in order when it is told to, and says in one line why it cannot start.
import { createLogger } from '@weir/telemetry';

const leaveWithinMs = 10_000;

/** `start` resolves to how to end what it has started. */
export async function runProcess(name: string, start: () => Promise<{ close(): Promise<void> }>) {
  const starting = Promise.resolve().then(start);
  let leaving = false;
  const leave = () => {
    if (leaving) return;
    leaving = true;
    setTimeout(() => process.exit(1), leaveWithinMs).unref();
    starting
      .then((running) => running.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  // Before anything has started: whoever reads `ready` may end us in the same moment.
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  try {
    await starting;
  } catch (error) {
    createLogger({ name }).fatal({ err: error }, `${name} cannot start`);
    process.exitCode = 1;
  }
}
