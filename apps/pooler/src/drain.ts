// Leaving in order: who is in the middle of something ends it, who is idle is told to go, at an even pace, the rest at the deadline.
import { setTimeout as wait } from 'node:timers/promises';
import { type ClientSession, DrainPace, endAtDeadline, idleSince } from '@weir/pooling';
import type { NegotiatedClient } from './client/negotiate.ts';
import { partingCount, refuse } from './client/refuse.ts';
import type { DirectPair } from './direct/relay.ts';
import { PoolerError } from './errors.ts';
import type { PoolRunner } from './pools/pool-runner.ts';

const lookEachMs = 20;
// Who has just logged in, or just had an answer, is likely to go on, and to leave by itself: clients that connect for one
// transaction never meet the drain.
const quietMs = 1_000;
// Many that are sent away come back, elsewhere, and log in anew: so far apart, ms, unless there are too many for that.
const apartMs = 10;
// As long as `refuse` waits for the end of a client that was told to go.
const partingMs = 2_000;

/** Who is here, and may still come to be. */
export interface DrainScope {
  readonly runner: PoolRunner;
  readonly directPairs: ReadonlySet<DirectPair>;
  readonly loggingIn: Set<NegotiatedClient>;
  /** Clients that have not logged in yet, or not got their direct connection. */
  arriving(): number;
  readonly now: () => number;
}

/**
 * Resolves when no client is left, or the deadline has passed and the last ones were ended. In the first half of the time
 * those that are idle for a second are ended, in the second half all that are in no transaction and wait for nothing, and at
 * the end the rest.
 */
export async function drain(scope: DrainScope, deadlineMs: number): Promise<void> {
  const { runner, directPairs, loggingIn, now } = scope;
  const startAt = now();
  const halfAt = startAt + deadlineMs / 2;
  const endAt = startAt + deadlineMs;
  const pace = new DrainPace(Math.min(deadlineMs / 2, runner.clients.size * apartMs), startAt);
  while (runner.clients.size + directPairs.size + scope.arriving() > 0 && now() < endAt) {
    const may =
      now() < halfAt ? quiet(runner.clients.keys(), now() - quietMs) : atRest(runner.clients.keys());
    for (const client of pace.next(may, now())) runner.dismiss(client, new PoolerError('DRAINING'));
    await wait(lookEachMs);
  }
  for (const client of [...runner.clients.keys()]) endAtDeadline(runner.dispatcher, client, now());
  for (const pair of directPairs) pair.dismiss(new PoolerError('DRAINING'));
  for (const client of [...loggingIn]) {
    loggingIn.delete(client);
    client.channel.setDeadline(null);
    refuse(client.connection, new PoolerError('DRAINING'));
  }
  // A process that ends before they have read it would take their last words back.
  const partings = () => partingCount() + directPairs.size;
  for (const until = now() + partingMs; partings() > 0 && now() < until; ) await wait(lookEachMs);
}

function atRest(clients: Iterable<ClientSession>): ClientSession[] {
  return [...clients].filter((client) => client.atRest);
}

function quiet(clients: Iterable<ClientSession>, sinceMs: number): ClientSession[] {
  return [...clients].filter((client) => client.atRest && (idleSince(client) ?? Infinity) <= sinceMs);
}
