// Leaving in order: idle clients are told at once, the others when their transaction is over, the rest at the deadline.
import { setTimeout as wait } from 'node:timers/promises';
import type { DirectPair } from './direct/relay.ts';
import { PoolerError } from './errors.ts';
import type { PoolRunner } from './pools/pool-runner.ts';

const lookEachMs = 20;

/** Resolves when no client is left, or the deadline has passed and the last ones were ended. */
export async function drain(
  runner: PoolRunner,
  directPairs: ReadonlySet<DirectPair>,
  deadlineMs: number,
  now: () => number,
): Promise<void> {
  const endAt = now() + deadlineMs;
  while (runner.clients.size + directPairs.size > 0) {
    const late = now() >= endAt;
    for (const [session] of runner.clients) {
      // A waiter's statement was never sent to a server: it may be told as safely as an idle client.
      if (late || session.atRest || session.state === 'waiting') {
        runner.dismiss(session, new PoolerError('DRAINING'));
      }
    }
    if (late) {
      for (const pair of directPairs) pair.dismiss(new PoolerError('DRAINING'));
      // Long enough for the last words to leave; what the servers still do ends with their connections.
      await wait(lookEachMs);
      return;
    }
    await wait(lookEachMs);
  }
}
