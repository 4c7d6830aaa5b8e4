// What the control plane publishes about one endpoint and a pooler needs to serve it. Plain values, no I/O.
import type { EndpointOrders } from './orders.ts';

/** How Weir speaks TLS to the tenant's Postgres, in libpq's words. */
export type UpstreamTlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** The Postgres server behind an endpoint. */
export interface Upstream {
  /** Budget identity: `system_identifier@host:port` where readable, else `host:port`. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly tlsMode: UpstreamTlsMode;
  /** PEM of the CA that signs the server's certificate; null: the system's trust store. */
  readonly caPem: string | null;
  /** `server_version` as probed, for instance `18.4`. */
  readonly serverVersion: string;
}

/**
 * What an endpoint's sessions are opened for. `read_only`: their transactions are read-only unless they ask otherwise,
 * whatever the server behind it is.
 */
export type EndpointKind = 'read_write' | 'read_only';

/** A Postgres role that the catalog knows for an endpoint. */
export interface PublishedRole {
  readonly name: string;
  /** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`; null: only the auth query can tell. */
  readonly verifier: string | null;
  /** True if `verifier` is byte for byte the server's own, so that the recovered ClientKey logs in there. */
  readonly verifierIsServers: boolean;
  /** The real password, where the upstream needs one; travels only inside a sealed record. */
  readonly password: string | null;
  /** ISO 8601 time after which logins fail, as VALID UNTIL says; null: never. */
  readonly validUntil: string | null;
  /** What the last rotation replaced; null: nothing, or its time is over. */
  readonly previous: PreviousSecret | null;
}

/** The secret that a role had before its password was rotated. */
export interface PreviousSecret {
  /** Has the salt and iterations of the role's verifier, so that one exchange can take either password. */
  readonly verifier: string;
  /** ISO 8601 time until which clients may log in with it; null: until the rotation is finished. */
  readonly validUntil: string | null;
  /** What the server may still take instead of the new one; null: it takes the new one. */
  readonly password: string | null;
}

/** A user name and password that log in as a role until a time. The role's own password is in its record. */
export interface PublishedCredential {
  /** The user name. */
  readonly id: string;
  readonly role: string;
  readonly verifier: string;
  /** ISO 8601. A session that has begun goes on after it. */
  readonly expiresAt: string;
}

/** When a server connection goes from one client to the next: after each transaction, statement, or whole session. */
export type PoolMode = 'transaction' | 'session' | 'statement';

/**
 * How closely session state is watched. `auto`: by text, tags and proof. `strict`: also after what may have changed it
 * unseen, as inside functions. `off`: not at all, for applications that are known to make none.
 */
export type StateTracking = 'auto' | 'strict' | 'off';

/** Settings that may differ from pool to pool. In the last five times 0 means: no limit. */
export interface PoolChoices {
  readonly mode: PoolMode;
  readonly stateTracking: StateTracking;
  /** Most server connections one pool may hold; null: whatever the budget allows. */
  readonly poolSize: number | null;
  /** Server connections that one pool keeps open ahead of demand, as far as nobody else waits for them. */
  readonly poolSizeMin: number;
  readonly queryWaitTimeoutMs: number;
  readonly serverIdleTimeoutMs: number;
  readonly serverLifetimeMs: number;
  /** Most server connections of a pool that stay with one client beyond its transaction; null: as the budget allows. */
  readonly pinsMax: number | null;
  /** A pinned server connection whose client has been silent for this long outside a transaction ends with it. */
  readonly pinIdleTimeoutMs: number;
  readonly clientIdleTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly transactionTimeoutMs: number;
}

/** What is chosen differently for a role, a database, or a role in a database; null stands for every one. */
export interface SettingsOverride {
  readonly database: string | null;
  readonly role: string | null;
  readonly settings: Partial<PoolChoices>;
}

/** Settings that a tenant may change while clients are connected. */
export interface EndpointSettings extends PoolChoices {
  /** Most client connections of the endpoint. */
  readonly clientConnectionsMax: number;
  /** Refuse clients without TLS. */
  readonly requireTls: boolean;
  /** Addresses and CIDR ranges that clients may come from; null: from everywhere. */
  readonly allowedAddresses: readonly string[] | null;
  /** No two for the same pair of role and database. */
  readonly overrides: readonly SettingsOverride[];
}

/** How many server connections an upstream may hold, and how that number came about. */
export interface Sizing {
  readonly ramBytes: number;
  readonly divisorBytes: number;
  readonly cap: number;
  readonly reserve: number;
  /** Of the server itself; null while never probed. */
  readonly maxConnections: number | null;
  readonly reservedConnections: number | null;
  /** The result, at least 1. */
  readonly budget: number;
}

/** One endpoint as the catalog last committed it. Secrets inside: it leaves a process only sealed. */
export interface PublishedEndpoint {
  readonly endpointId: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly status: 'active' | 'suspended';
  readonly kind: EndpointKind;
  readonly region: string;
  /** The nodes that serve it. */
  readonly cell: string;
  /** Raised by each change; a record with a lower or equal generation never replaces a newer one. */
  readonly generation: number;
  readonly upstream: Upstream;
  readonly defaultDatabase: string;
  readonly sizing: Sizing;
  readonly settings: EndpointSettings;
  readonly orders: EndpointOrders;
  /** Role and password that Weir itself uses for the auth query and health; null: none was given. */
  readonly serviceRole: { readonly name: string; readonly password: string } | null;
  /** One query, `$1` = role name, two columns (role, password); null: pg_authid is read. */
  readonly authQuery: string | null;
  readonly roles: readonly PublishedRole[];
  /** Those that had not expired when this was published. */
  readonly credentials: readonly PublishedCredential[];
  /**
   * 32 bytes in base64 from which salts are made that the catalog and the database have none of: the same for as long as the
   * endpoint lives. Null: it does not open, or an earlier release published this.
   */
  readonly mockSecret: string | null;
}
