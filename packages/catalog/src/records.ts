// The catalog's values as callers see them: rows with the sealed parts left out, and what a change may hold.
import {
  computeSizing,
  type EndpointHealth,
  type EndpointKind,
  type EndpointOrders,
  type EndpointSettings,
  type Sizing,
  type Upstream,
} from '@weir/tenancy';
import type { endpoints, roles, tenants } from './schema.ts';

export type LiveStatus = 'active' | 'suspended';

export interface TenantRecord {
  readonly id: string;
  readonly organisationId: string;
  readonly name: string;
  readonly status: LiveStatus | 'deleted';
  /** Null: none was given, or it is not suspended. */
  readonly suspendedReason: string | null;
  /** Until then a deletion can be undone; null: it is not deleted. */
  readonly purgeAt: Date | null;
  readonly generation: number;
  readonly endpointCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface RoleRecord {
  readonly name: string;
  readonly verifierIsServers: boolean;
  /** Whether its password is kept, sealed. */
  readonly hasPassword: boolean;
  readonly validUntil: Date | null;
  /** The last rotation, while it can still be felt. */
  readonly rotation: RoleRotation | null;
  /** When Weir gave it the password it has; null: it did not. */
  readonly rotatedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface RoleRotation {
  /** False: whether the database has the new password is not known yet; clients may use either. */
  readonly isFinished: boolean;
  /** Until then the password before opens too; null: until the rotation is finished. */
  readonly previousUntil: Date | null;
}

/** The numbers of a sizing that a tenant chose; null: the default. */
export interface SizingChoice {
  readonly divisorBytes: number | null;
  readonly cap: number | null;
  readonly reserve: number | null;
}

export interface EndpointRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly status: LiveStatus;
  readonly kind: EndpointKind;
  readonly region: string;
  readonly cell: string;
  readonly generation: number;
  readonly upstream: Upstream;
  readonly defaultDatabase: string;
  readonly serviceRole: string;
  readonly sizing: Sizing;
  readonly settings: EndpointSettings;
  readonly orders: EndpointOrders;
  readonly authQuery: string | null;
  readonly health: EndpointHealth;
  readonly roles: readonly RoleRecord[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is kept so that clients can log in as a role. */
export interface RoleSecret {
  readonly name: string;
  /** Null: only what the database itself knows of the role is kept. */
  readonly password: string | null;
  /** SCRAM-SHA-256 verifier. */
  readonly verifier: string;
  readonly verifierIsServers: boolean;
  readonly validUntil: Date | null;
}

/** A role whose password is known: Weir's own, and open to clients. */
export interface ServiceRole extends RoleSecret {
  readonly password: string;
}

/** What a probe found out about the server, with how to reach it. */
export interface ProbedUpstream {
  readonly upstream: Upstream;
  readonly defaultDatabase: string;
  readonly maxConnections: number;
  readonly reservedConnections: number;
  readonly service: ServiceRole;
}

export interface NewEndpoint {
  readonly id: string;
  readonly kind: EndpointKind;
  readonly region: string;
  readonly cell: string;
  readonly probed: ProbedUpstream;
  readonly ramBytes: number;
  readonly sizing: SizingChoice;
  readonly settings: EndpointSettings;
  readonly authQuery: string | null;
}

/** What of an endpoint changes; what is left out stays. */
export interface EndpointChange {
  readonly status?: LiveStatus | undefined;
  readonly probed?: ProbedUpstream | undefined;
  readonly ramBytes?: number | undefined;
  readonly sizing?: Partial<SizingChoice> | undefined;
  readonly settings?:
    | Partial<{ [Name in keyof EndpointSettings]: EndpointSettings[Name] | undefined }>
    | undefined;
  readonly authQuery?: string | null | undefined;
}

export type TenantRow = typeof tenants.$inferSelect;
export type EndpointRow = typeof endpoints.$inferSelect;
export type RoleRow = typeof roles.$inferSelect;

/** The id given to a new row is another row's already; the caller makes a new one. */
export class IdTakenError extends Error {
  override name = 'IdTakenError';
}

export function upstreamOf(row: EndpointRow): Upstream {
  return {
    id: row.upstreamId,
    host: row.host,
    port: row.port,
    tlsMode: row.tlsMode,
    caPem: row.caPem,
    serverVersion: row.serverVersion,
  };
}

export function sizingOf(row: EndpointRow): Sizing {
  return computeSizing({
    ramBytes: row.ramBytes,
    divisorBytes: row.divisorBytes ?? undefined,
    cap: row.cap ?? undefined,
    reserve: row.reserve ?? undefined,
    maxConnections: row.maxConnections,
    reservedConnections: row.reservedConnections,
  });
}

export function settingsOf(row: EndpointRow): EndpointSettings {
  return {
    mode: row.mode,
    stateTracking: row.stateTracking,
    poolSize: row.poolSize,
    poolSizeMin: row.poolSizeMin,
    clientConnectionsMax: row.clientConnectionsMax,
    queryWaitTimeoutMs: row.queryWaitTimeoutMs,
    serverIdleTimeoutMs: row.serverIdleTimeoutMs,
    serverLifetimeMs: row.serverLifetimeMs,
    pinsMax: row.pinsMax,
    pinIdleTimeoutMs: row.pinIdleTimeoutMs,
    clientIdleTimeoutMs: row.clientIdleTimeoutMs,
    idleInTransactionTimeoutMs: row.idleInTransactionTimeoutMs,
    queryTimeoutMs: row.queryTimeoutMs,
    transactionTimeoutMs: row.transactionTimeoutMs,
    requireTls: row.requireTls,
    allowedAddresses: row.allowedAddresses,
    overrides: row.overrides,
  };
}

export function roleRecord(row: RoleRow): RoleRecord {
  const { name, verifierIsServers, validUntil, previousUntil, rotatedAt, createdAt, updatedAt } = row;
  const isFelt =
    row.previousVerifier !== null && (previousUntil === null || previousUntil.getTime() > Date.now());
  return {
    name,
    verifierIsServers,
    hasPassword: row.passwordSealed !== null,
    validUntil,
    rotation: isFelt ? { isFinished: row.previousPasswordSealed === null, previousUntil } : null,
    rotatedAt,
    createdAt,
    updatedAt,
  };
}

/** `row` must not be a tombstone. */
export function endpointRecord(row: EndpointRow, roleRows: readonly RoleRow[]): EndpointRecord {
  return {
    id: row.id,
    tenantId: row.tenantId,
    status: row.status as LiveStatus,
    kind: row.kind,
    region: row.region,
    cell: row.cell,
    generation: row.generation,
    upstream: upstreamOf(row),
    defaultDatabase: row.defaultDatabase,
    serviceRole: row.serviceRole,
    sizing: sizingOf(row),
    settings: settingsOf(row),
    orders: row.orders,
    authQuery: row.authQuery,
    health: row.health,
    roles: roleRows.filter((role) => role.endpointId === row.id).map(roleRecord),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
