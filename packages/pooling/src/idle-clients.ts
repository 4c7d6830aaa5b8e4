// Clients by the moment at which each is looked at for having been idle too long: no scan that grows with clients.
import type { ClientSession } from './client-session.ts';

/** Buckets this wide, ms: what a limit of seconds may be late by. */
const bucketMs = 500;
/** Each client is looked at this often at least, since its pool's limit may have been lowered meanwhile. */
const lookAgainMs = 10_000;

/** Clients that are looked at together. */
export interface IdleBucket {
  readonly key: number;
  readonly clients: Set<ClientSession>;
}

/** A wheel of buckets. Each client is in one; it moves only when its bucket comes up. */
export class IdleClients {
  private readonly buckets = new Map<number, IdleBucket>();
  private next = 0;

  watch(client: ClientSession, nowMs: number): void {
    const { clientIdleTimeoutMs } = client.pool.settings;
    const idleSinceMs = idleSince(client) ?? nowMs;
    const overdueAtMs =
      clientIdleTimeoutMs === 0 ? Number.POSITIVE_INFINITY : idleSinceMs + clientIdleTimeoutMs;
    this.put(client, Math.min(overdueAtMs, nowMs + lookAgainMs));
  }

  private put(client: ClientSession, dueMs: number): void {
    const key = Math.max(this.next, Math.ceil(dueMs / bucketMs));
    if (this.buckets.size === 0) this.next = Math.min(key, this.next || key);
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = { key, clients: new Set() };
      this.buckets.set(key, bucket);
    }
    bucket.clients.add(client);
    client.idleBucket = bucket;
  }

  forget(client: ClientSession): void {
    const { idleBucket } = client;
    client.idleBucket = null;
    if (idleBucket === null) return;
    idleBucket.clients.delete(client);
    if (idleBucket.clients.size === 0) this.buckets.delete(idleBucket.key);
  }

  /** Buckets with anybody in them. */
  get size(): number {
    return this.buckets.size;
  }

  /** Calls `overdue` for each client that has been idle for as long as its pool allows. */
  sweep(nowMs: number, overdue: (client: ClientSession, limitMs: number) => void): void {
    const last = Math.floor(nowMs / bucketMs);
    if (this.buckets.size === 0) this.next = last + 1;
    while (this.next <= last) {
      const key = this.next++;
      const bucket = this.buckets.get(key);
      if (bucket === undefined) continue;
      this.buckets.delete(key);
      for (const client of [...bucket.clients]) {
        if (client.state === 'ended') continue;
        const limitMs = client.pool.settings.clientIdleTimeoutMs;
        const since = idleSince(client);
        if (limitMs > 0 && since !== null && nowMs - since >= limitMs) overdue(client, limitMs);
        else this.watch(client, nowMs);
      }
    }
  }
}

/** Since when the client is owed nothing and has no transaction open; null: it has, or is owed something. */
export function idleSince(client: ClientSession): number | null {
  if (client.state === 'idle') return client.idleSinceMs;
  return client.atRest ? client.server!.answeredAtMs : null;
}
