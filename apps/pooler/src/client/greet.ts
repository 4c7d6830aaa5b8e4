// The first words to a pooled client that has logged in: its server's settings, its cancel key, and that it may begin.
import type { ClientSession, Pool, ValueSet } from '@weir/pooling';
import { valueSetOf } from '@weir/pooling';
import { backendKeyData, joinBytes, parameterStatus, readyForQuery } from '@weir/protocol';
import type { CancelKey } from '../cancel/cancel-keys.ts';
import type { PoolRunner } from '../pools/pool-runner.ts';

// What of the replayed settings Postgres reports.
const reported = new Set(['application_name', 'client_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone']);

/** Sets of replayed settings that a server of the pool has accepted before. */
const accepted = new WeakMap<Pool, Set<ValueSet>>();

/**
 * Settings to greet a client of `pool` with before any server was asked, or null: a server must be there first, since
 * the pool has seen none, or since nobody knows whether one takes these settings.
 */
export function knownGreeting(pool: Pool, replay: ValueSet): ValueSet | null {
  if (pool.parameters === null) return null;
  if (replay.values.size > 0 && accepted.get(pool)?.has(replay) !== true) return null;
  const told = new Map(pool.parameters.values);
  for (const [name, value] of replay.values) if (reported.has(name)) told.set(name, value);
  return valueSetOf(told);
}

/**
 * Greets a client: at once if `told` is known, else when it has got a server, whose settings it is told. On refusal
 * nothing is sent here: the runner ends the client.
 */
export function greet(
  session: ClientSession,
  told: ValueSet | null,
  key: CancelKey,
  runner: PoolRunner,
  now: () => number,
): void {
  const rest = joinBytes([backendKeyData(key.processId, key.secretKey), readyForQuery('I')]);
  if (told !== null) {
    session.peer.write(joinBytes([framesOf(told), rest]));
    return;
  }
  const attached = (): void => {
    session.onAttached = null;
    remember(session);
    session.peer.write(rest);
    runner.dispatcher.release(session.server!, now());
  };
  session.onAttached = attached;
  // Settings of the server are told by the checkout itself, since this client has been told none yet.
  if (runner.dispatcher.checkout(session, now()) !== null) attached();
}

// The same for all clients of a pool that ask for the same, and as long to encode as a password takes to check.
const greetings = new WeakMap<ValueSet, Uint8Array>();

function framesOf(told: ValueSet): Uint8Array {
  let frames = greetings.get(told);
  if (frames === undefined) {
    frames = joinBytes([...told.values].map(([name, value]) => parameterStatus(name, value)));
    greetings.set(told, frames);
  }
  return frames;
}

function remember(session: ClientSession): void {
  const { pool, replay } = session;
  let sets = accepted.get(pool);
  if (sets === undefined) accepted.set(pool, (sets = new Set()));
  // The values are the clients' own, so what is remembered of them is bounded.
  if (sets.size >= 1024) sets.clear();
  sets.add(replay);
}
