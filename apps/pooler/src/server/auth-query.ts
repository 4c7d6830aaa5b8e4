// Reads the verifier of one role from the tenant's own database, as the service role, with nothing of the client's in it.
import { RecentMap } from '@weir/fleet';
import { SqlState } from '@weir/protocol';
import { parseVerifier } from '@weir/scram';
import type { PublishedEndpoint } from '@weir/tenancy';
import { PoolerError } from '../errors.ts';
import type { TextRow } from './service-connection.ts';
import type { ServiceConnections } from './service-connections.ts';

/** What the database knows of a role's password. */
export interface RoleSecret {
  /** As stored: a SCRAM verifier, md5…, or null for none. */
  readonly verifier: string | null;
  /** ms since the epoch, or null: never expires. */
  readonly validUntil: number | null;
}

export interface RoleSecretsOptions {
  readonly service: ServiceConnections;
  /** Monotonic clock in ms. */
  readonly now: () => number;
}

interface Entry {
  secret: RoleSecret | null;
  readAt: number;
  until: number;
}

const knownForMs = 30_000;
// Short, since a role is often created moments before its first login.
const unknownForMs = 2_000;
const distrustEveryMs = 3_000;
// As long as a restart or a failover may take; a password that is changed meanwhile the server itself refuses.
const answersForMs = 600_000;
const entriesMax = 10_000;

// Every name and operator is qualified, whatever the service role's search_path may be.
const catalogQuery = `select rolname, rolpassword, pg_catalog.date_part('epoch', rolvaliduntil)::pg_catalog.text
  from pg_catalog.pg_authid where rolname operator(pg_catalog.=) $1 and rolcanlogin`;

/** Secrets by endpoint and role: cached, one query at a time per role. */
export class RoleSecrets {
  readonly #options: RoleSecretsOptions;
  readonly #entries = new RecentMap<string, Entry>(entriesMax);
  readonly #reading = new Map<string, Promise<RoleSecret | null>>();
  /** Endpoint and role -> the published verifier that the database contradicted. */
  readonly #superseded = new RecentMap<string, string>(entriesMax);
  readonly #usualIterations = new Map<string, number>();
  readonly #distrustedAt = new RecentMap<string, number>(entriesMax);

  constructor(options: RoleSecretsOptions) {
    this.#options = options;
  }

  /** What `read` answers without asking anybody; undefined: the database must be asked. */
  known(endpoint: PublishedEndpoint, role: string): RoleSecret | null | undefined {
    if (endpoint.serviceRole === null) return null;
    const entry = this.#entries.get(keyOf(endpoint, role));
    return entry !== undefined && entry.until > this.#options.now() ? entry.secret : undefined;
  }

  /** Null: no such role, or this endpoint has no service role. Rejects with PoolerError AUTH_QUERY_FAILED, SERVER_*. */
  async read(endpoint: PublishedEndpoint, role: string): Promise<RoleSecret | null> {
    const known = this.known(endpoint, role);
    if (known !== undefined) return known;
    const key = keyOf(endpoint, role);
    const running = this.#reading.get(key);
    if (running) return running;
    const reading = this.#rows(endpoint, role)
      .then((rows) => {
        const secret = secretOf(rows, role, endpoint.endpointId);
        // Not if the endpoint has changed meanwhile: this is what its old database said.
        if (this.#reading.get(key) === reading) this.#keep(endpoint, role, secret);
        return secret;
      })
      .catch((error: unknown) => {
        // A database that is away says nothing new: who knew the password last time may come in, and wait for it.
        const last = this.#entries.get(key);
        if (last?.secret?.verifier == null || this.#options.now() - last.readAt > answersForMs) throw error;
        return last.secret;
      })
      .finally(() => {
        if (this.#reading.get(key) === reading) this.#reading.delete(key);
      });
    this.#reading.set(key, reading);
    return reading;
  }

  /** True if the database has shown another verifier than the published one, which is then not to be used. */
  supersedes(endpoint: PublishedEndpoint, role: string): boolean {
    const published = publishedVerifier(endpoint, role);
    return published !== null && this.#superseded.get(keyOf(endpoint, role)) === published;
  }

  /** Iterations of the last verifier that was read there, or null. */
  usualIterations(endpoint: PublishedEndpoint): number | null {
    return this.#usualIterations.get(endpoint.endpointId) ?? null;
  }

  /**
   * The secret in hand did not open the door, so it is read again in the background, at most once in 3 s per role. To be
   * called after a wrong proof, and when the server refuses a ClientKey (SERVER_PASSWORD_REFUSED).
   */
  distrust(endpoint: PublishedEndpoint, role: string): void {
    const key = keyOf(endpoint, role);
    if (endpoint.serviceRole === null || this.#reading.has(key)) return;
    const entry = this.#entries.get(key);
    const now = this.#options.now();
    const askedAt = Math.max(entry?.readAt ?? -Infinity, this.#distrustedAt.get(key) ?? -Infinity);
    if (now - askedAt < distrustEveryMs) return;
    this.#distrustedAt.set(key, now);
    if (entry) entry.until = 0;
    // Whoever logs in next meets the same error again, and that one is logged.
    this.read(endpoint, role).catch(() => {});
  }

  /** An endpoint was changed: what was read stands only if it would be read in the same place in the same way. */
  changed(before: PublishedEndpoint, after: PublishedEndpoint): void {
    const readBy = ({ upstream, serviceRole, authQuery, roles }: PublishedEndpoint) =>
      JSON.stringify([upstream, serviceRole, authQuery, roles]);
    if (readBy(before) !== readBy(after)) this.forget(after.endpointId);
  }

  /** Forgets an endpoint that is gone, or not what it was. */
  forget(endpointId: string): void {
    for (const map of [this.#entries, this.#reading, this.#superseded, this.#distrustedAt]) {
      for (const key of map.keys()) if (key.startsWith(`${endpointId}\0`)) map.delete(key);
    }
    this.#usualIterations.delete(endpointId);
    this.#options.service.forget(endpointId);
  }

  #keep(endpoint: PublishedEndpoint, role: string, secret: RoleSecret | null): void {
    const key = keyOf(endpoint, role);
    const now = this.#options.now();
    const found = secret?.verifier != null;
    this.#entries.set(key, { secret, readAt: now, until: now + (found ? knownForMs : unknownForMs) });
    const iterations = found ? parseVerifier(secret.verifier)?.iterations : undefined;
    if (iterations !== undefined) this.#usualIterations.set(endpoint.endpointId, iterations);
    const published = publishedVerifier(endpoint, role);
    // A query that leaves a role out proves nothing: many leave superusers out. The server itself will refuse one that
    // was dropped.
    if (published !== null && found && published !== secret.verifier) {
      this.#superseded.set(key, published);
    } else this.#superseded.delete(key);
  }

  async #rows(endpoint: PublishedEndpoint, role: string): Promise<readonly TextRow[]> {
    try {
      return await this.#options.service.of(endpoint).query(endpoint.authQuery ?? catalogQuery, [role]);
    } catch (error) {
      // Managed databases let nobody read pg_authid. Where no auth query was set up, roles that were not published
      // are then unknown, and must look so: an error would tell them from those that are.
      const forbidden =
        error instanceof PoolerError && error.data.sqlstate === SqlState.InsufficientPrivilege;
      if (forbidden && endpoint.authQuery === null) return [];
      throw error;
    }
  }
}

function keyOf({ endpointId }: PublishedEndpoint, role: string): string {
  return `${endpointId}\0${role}`;
}

/** The published verifier, if it claims to be the server's own; Weir's own verifiers cannot be contradicted there. */
function publishedVerifier(endpoint: PublishedEndpoint, role: string): string | null {
  const published = endpoint.roles.find(({ name }) => name === role);
  return published?.verifierIsServers ? published.verifier : null;
}

/** Columns: role, password, and optionally the end of its validity in seconds since the epoch. */
function secretOf(rows: readonly TextRow[], role: string, endpointId: string): RoleSecret | null {
  const row = rows[0];
  if (!row) return null;
  const [name, verifier = null, validUntil = null] = row;
  if (rows.length > 1 || row.length < 2 || name !== role) {
    const reason = 'the query does not give one row (role, password) for the role it was asked for';
    throw new PoolerError('AUTH_QUERY_FAILED', { endpoint: endpointId, reason });
  }
  return { verifier, validUntil: validUntil === null ? null : timeOf(validUntil) };
}

/** Seconds since the epoch (`Infinity` included), or a date as a tenant's own query may give it; NaN if neither. */
function timeOf(text: string): number {
  const seconds = Number(text);
  return Number.isNaN(seconds) ? Date.parse(text) : seconds * 1000;
}
