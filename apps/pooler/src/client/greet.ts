// The first words to a pooled client that has logged in: its server's settings, its cancel key, and that it may begin.
import type { ClientSession, Pool, ValueSet } from '@weir/pooling';
import { OutBuffer, valueSetOf, valueSetsForgotten } from '@weir/pooling';
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
  const { parameters } = pool;
  if (parameters === null) return null;
  if (replay.values.size > 0 && accepted.get(pool)?.has(replay) !== true) return null;
  const timesForgotten = valueSetsForgotten();
  const last = lastTold.get(pool);
  if (last !== undefined && last.parameters === parameters && last.replay === replay) {
    if (last.timesForgotten === timesForgotten) return last.told;
  }
  const values = new Map(parameters.values);
  for (const [name, value] of replay.values) if (reported.has(name)) values.set(name, value);
  const told = valueSetOf(values);
  lastTold.set(pool, { parameters, replay, told, timesForgotten: valueSetsForgotten() });
  return told;
}

/** What the last client of each pool was told, and why. */
const lastTold = new WeakMap<
  Pool,
  { parameters: ValueSet; replay: ValueSet; told: ValueSet; timesForgotten: number }
>();

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
  if (told !== null) {
    greeting.add(framesOf(told));
    addRest(key);
    greeting.flushTo(session.peer);
    return;
  }
  const attached = (): void => {
    session.onAttached = null;
    remember(session);
    addRest(key);
    greeting.flushTo(session.peer);
    runner.dispatcher.release(session.server!, now());
  };
  session.onAttached = attached;
  // Settings of the server are told by the checkout itself, since this client has been told none yet.
  if (runner.dispatcher.checkout(session, now()) !== null) attached();
}

const greeting = new OutBuffer((bytes) => new Uint8Array(bytes));

function addRest(key: CancelKey): void {
  greeting.add(backendKeyData(key.processId, key.secretKey));
  greeting.add(ready);
}

const ready = readyForQuery('I');

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
