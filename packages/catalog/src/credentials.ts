// Short-lived credentials in the catalog: made for a role, published with its endpoint, revoked, and gone when expired.
import { and, asc, eq, gt, inArray, lte, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, CatalogTransaction, Change } from './catalog.ts';
import { publishAgain } from './outbox.ts';
import { createdAfter, type Position } from './position.ts';
import { lockEndpoint } from './roles.ts';
import { credentials, endpoints, roles } from './schema.ts';

type CredentialRow = typeof credentials.$inferSelect;

/** Without its verifier. */
export type CredentialRecord = Omit<CredentialRow, 'verifier'>;

/** Of one endpoint at a time; each is some 300 bytes of a record that every pooler reads anew when one is added. */
export const credentialsMax = 1_000;

export interface NewCredential {
  readonly id: string;
  readonly role: string;
  readonly verifier: string;
  readonly ttlMs: number;
  /** Of the token that it was exchanged for; written down with its author. */
  readonly subject?: string | undefined;
}

/**
 * Makes a credential. `absent`: the tenant has no such live endpoint. `no-role`, `no-password`: the endpoint does not
 * know the role, or not its password. `too-many`: the endpoint has `credentialsMax` of them.
 */
export async function createCredential(
  change: Change,
  tenantId: string,
  endpointId: string,
  { id, role, verifier, ttlMs, subject }: NewCredential,
): Promise<CredentialRecord | 'absent' | 'no-role' | 'no-password' | 'too-many'> {
  const { tx, author } = change;
  const { apiKeyId, trustRuleId } = author;
  const fault = await lockLendable(change, tenantId, endpointId, role);
  if (fault !== null) return fault;
  const alive = and(eq(credentials.endpointId, endpointId), isAlive);
  if ((await tx.$count(credentials, alive)) >= credentialsMax) return 'too-many';
  const expiresAt = sql`now() + ${ttlMs} * interval '1 millisecond'`;
  const [row] = await tx
    .insert(credentials)
    .values({ id, endpointId, role, verifier, apiKeyId, trustRuleId, expiresAt })
    .returning();
  await publishAgain(tx, [endpointId]);
  const after = { endpointId, role, expiresAt: row!.expiresAt, subject };
  const secrets = ['credential.password'];
  await note(change, { action: 'credential.create', targetId: id, tenantId, after, secrets });
  return credentialRecord(row!);
}

/** Locks an endpoint, and says what hinders its role from being lent; null: nothing. */
export async function lockLendable(
  change: Change,
  tenantId: string,
  endpointId: string,
  role: string,
): Promise<'absent' | 'no-role' | 'no-password' | null> {
  const endpoint = await lockEndpoint(change, endpointId);
  if (endpoint?.tenantId !== tenantId) return 'absent';
  const [known] = await change.tx
    .select({ passwordSealed: roles.passwordSealed })
    .from(roles)
    .where(and(eq(roles.endpointId, endpointId), eq(roles.name, role)));
  if (known === undefined) return 'no-role';
  return known.passwordSealed === null ? 'no-password' : null;
}

/** Those of a tenant that have not expired, the oldest first. */
export async function listCredentials(
  catalog: Catalog,
  tenantId: string,
  page: {
    readonly limit: number;
    readonly after?: Position | undefined;
    readonly endpointId?: string | undefined;
  },
): Promise<readonly CredentialRecord[]> {
  const { after, endpointId } = page;
  const rows = await catalog.db
    .select({ credential: credentials })
    .from(credentials)
    .innerJoin(endpoints, eq(credentials.endpointId, endpoints.id))
    .where(
      and(
        eq(endpoints.tenantId, tenantId),
        endpointId === undefined ? undefined : eq(endpoints.id, endpointId),
        isAlive,
        createdAfter(credentials, after),
      ),
    )
    .orderBy(asc(credentials.createdAt), asc(credentials.id))
    .limit(page.limit);
  return rows.map(({ credential }) => credentialRecord(credential));
}

/** Ends a credential before its time. False: the organisation's tenant has no such one, or it has expired. */
export async function revokeCredential(change: Change, tenantId: string, id: string): Promise<boolean> {
  const { tx } = change;
  const [found] = await tx
    .select()
    .from(credentials)
    .where(and(eq(credentials.id, id), isAlive));
  const endpoint = found && (await lockEndpoint(change, found.endpointId));
  if (endpoint?.tenantId !== tenantId) return false;
  const gone = await tx.delete(credentials).where(eq(credentials.id, id)).returning({ id: credentials.id });
  if (gone.length === 0) return false;
  await publishAgain(tx, [endpoint.id]);
  const before = { endpointId: endpoint.id, role: found!.role, expiresAt: found!.expiresAt };
  await note(change, { action: 'credential.revoke', targetId: id, tenantId, before });
  return true;
}

/** Deletes those that have expired; poolers take none of them any more. */
export async function forgetExpiredCredentials(catalog: Catalog): Promise<void> {
  await catalog.db.delete(credentials).where(lte(credentials.expiresAt, sql`now()`));
}

/** Those that have not expired, with their verifiers. */
export function credentialsOf(
  tx: Pick<CatalogTransaction, 'select'>,
  endpointIds: readonly string[],
): Promise<CredentialRow[]> {
  return tx
    .select()
    .from(credentials)
    .where(and(inArray(credentials.endpointId, [...endpointIds]), isAlive))
    .orderBy(asc(credentials.id));
}

const isAlive = gt(credentials.expiresAt, sql`now()`);

function credentialRecord({ verifier: _, ...record }: CredentialRow): CredentialRecord {
  return record;
}
