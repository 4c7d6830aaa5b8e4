// What an operator orders of a pool: hold it, let it go on, replace its server connections, end all of it, send clients away.
import type { ClientSession } from './client-session.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Pool } from './pool.ts';

/**
 * Nothing is checked out and nothing opened from now on. Transactions go on to their end, and so do sessions that have
 * a server connection to themselves; what comes free is closed, so that the database can be restarted in the end.
 */
export function pausePool(dispatcher: Dispatcher, pool: Pool, nowMs: number): void {
  if (pool.paused) return;
  pool.paused = true;
  for (const idle of [...pool.idleServers()]) dispatcher.close(idle, 'paused', nowMs);
}

/** Who waited is served in order, as servers are opened. */
export function resumePool(dispatcher: Dispatcher, pool: Pool, nowMs: number): void {
  if (!pool.paused) return;
  pool.paused = false;
  dispatcher.growth.retryNow(pool, nowMs);
  dispatcher.growth.evictForDirect(pool.upstream, nowMs);
  dispatcher.growth.growStarved(pool.upstream, nowMs);
}

/** Server connections opened before now are closed as they come free: idle ones at once, none in a transaction. */
export function reconnectPool(dispatcher: Dispatcher, pool: Pool, nowMs: number): void {
  pool.generation++;
  for (const idle of [...pool.idleServers()])
    if (!idle.keptOverdue(nowMs)) dispatcher.close(idle, 'replaced', nowMs);
}

/**
 * Ends every client and every server connection of the pool now, in whatever they are; what the servers run is
 * cancelled. `clients` are those of the process. Those that are being opened are closed as soon as they are there.
 */
export function killPool(
  dispatcher: Dispatcher,
  pool: Pool,
  clients: Iterable<ClientSession>,
  nowMs: number,
): void {
  pool.generation++;
  for (const client of [...clients]) {
    if (client.pool !== pool || client.state === 'ended') continue;
    const { server } = client;
    const inDoubt = isInDoubt(client);
    const midFrame = isMidFrame(client);
    if (server !== null) dispatcher.close(server, 'killed', nowMs);
    dispatcher.end(client, { kind: 'killed', inDoubt }, midFrame, nowMs);
  }
  // Nothing is opened again before a client comes back.
  pool.leftAtMs = Number.NEGATIVE_INFINITY;
  for (const server of [...pool.servers])
    if (server.state !== 'opening') dispatcher.close(server, 'killed', nowMs);
}

/** Ends a client whose process leaves, in whatever it is; what it leaves is rolled back, but a statement by itself may commit. */
export function endAtDeadline(dispatcher: Dispatcher, client: ClientSession, nowMs: number): void {
  dispatcher.expel(client, { kind: 'leaving', inDoubt: isInDoubt(client) }, nowMs);
}

/** Its server has not answered all that it was sent. */
function isInDoubt({ server }: ClientSession): boolean {
  return server !== null && server.owed.length > 0;
}

/** Part of a message of the server has gone to the client, so that nothing else can be told. */
export function isMidFrame({ server }: ClientSession): boolean {
  return server?.passForward === true && server.passRemaining > 0;
}

/** Sends clients away over a time, at an even pace. Plain ones first, then those that have a server to themselves. */
export class DrainPace {
  private readonly endAtMs: number;
  private lookedAtMs: number;
  /** Clients that could have gone so far: what is left of one is kept for the next look. */
  private owed = 0;

  constructor(overMs: number, nowMs: number) {
    this.endAtMs = nowMs + overMs;
    this.lookedAtMs = nowMs;
  }

  /** Who is to be ended now, of those that are there; looks a few times a second. At the end all that may go. */
  next(clients: Iterable<ClientSession>, nowMs: number): ClientSession[] {
    const free: ClientSession[] = [];
    for (const client of clients) if (mayGo(client)) free.push(client);
    const passedMs = nowMs - this.lookedAtMs;
    const leftMs = this.endAtMs - this.lookedAtMs;
    this.lookedAtMs = nowMs;
    if (passedMs >= leftMs) return free;
    this.owed += (free.length * passedMs) / leftMs;
    const count = Math.min(free.length, Math.floor(this.owed));
    this.owed -= count;
    free.sort((one, other) => Number(one.server !== null) - Number(other.server !== null));
    return free.slice(0, count);
  }
}

/** A waiter's statement was never sent to a server: it may be told as safely as one that is idle. */
function mayGo(client: ClientSession): boolean {
  return client.atRest || client.state === 'waiting';
}
