// An endpoint's row as it is published: opened secrets and all, or the fact that it was deleted.
import { createHmac } from 'node:crypto';
import type { PublishedCredential, PublishedEndpoint, PublishedRole } from '@weir/tenancy';
import { asc, eq, gt, inArray } from 'drizzle-orm';
import { type Catalog, type CatalogTransaction, mockSecretPlace } from './catalog.ts';
import { credentialsOf } from './credentials.ts';
import { rolesOf, servicePasswordPlace } from './endpoints.ts';
import { type EndpointRow, type RoleRow, settingsOf, sizingOf, upstreamOf } from './records.ts';
import { openRolePasswords } from './role-rows.ts';
import { catalogMeta, endpoints, tenants } from './schema.ts';
import { CatalogSealError, type Sealer } from './sealer.ts';

/** What there is to send of one endpoint. `unreadable`: a secret of it does not open; others are not held up by it. */
export type Publication =
  | { readonly kind: 'live'; readonly endpointId: string; readonly endpoint: PublishedEndpoint }
  | { readonly kind: 'deleted'; readonly endpointId: string; readonly generation: number }
  | { readonly kind: 'unreadable'; readonly endpointId: string; readonly error: unknown };

/** The current state of these endpoints. */
export async function readPublications(
  tx: Pick<CatalogTransaction, 'select'>,
  catalog: Pick<Catalog, 'sealer'>,
  endpointIds: readonly string[],
): Promise<readonly Publication[]> {
  if (endpointIds.length === 0) return [];
  const rows = await tx
    .select({ endpoint: endpoints, tenantName: tenants.name, tenantStatus: tenants.status })
    .from(endpoints)
    .innerJoin(tenants, eq(endpoints.tenantId, tenants.id))
    .where(inArray(endpoints.id, [...endpointIds]));
  const roleRows = await rolesOf(tx, endpointIds);
  const credentialRows = await credentialsOf(tx, endpointIds);
  const mockSecret = await openMockSecret(tx, catalog.sealer);
  return rows.map(({ endpoint, tenantName, tenantStatus }) => {
    const { id: endpointId, generation } = endpoint;
    // Between a deletion and its end the row still has everything, but for clients it is gone.
    if (endpoint.status === 'deleted' || tenantStatus === 'deleted')
      return { kind: 'deleted', endpointId, generation };
    try {
      const status = tenantStatus === 'active' && endpoint.status === 'active' ? 'active' : 'suspended';
      const own = roleRows.filter((role) => role.endpointId === endpointId);
      const credentials = credentialRows
        .filter((credential) => credential.endpointId === endpointId)
        .map(({ id, role, verifier, expiresAt }) => ({
          id,
          role,
          verifier,
          expiresAt: expiresAt.toISOString(),
        }));
      const ownMockSecret = mockSecret && mockSecretOf(mockSecret, endpointId);
      const parts = { tenantName, status, credentials, mockSecret: ownMockSecret } as const;
      return { kind: 'live', endpointId, endpoint: publishedEndpoint(catalog.sealer, endpoint, own, parts) };
    } catch (error) {
      return { kind: 'unreadable', endpointId, error };
    }
  });
}

/** Everything the catalog holds, tombstones too, in order of id. */
export async function* allPublications(catalog: Catalog): AsyncGenerator<Publication> {
  for await (const ids of endpointIdPages(catalog)) yield* await readPublications(catalog.db, catalog, ids);
}

/** The ids of all endpoints, deleted ones too, a page at a time in order. */
export async function* endpointIdPages(catalog: Catalog, pageSize = 200): AsyncGenerator<readonly string[]> {
  let after = '';
  for (;;) {
    const ids = await catalog.db
      .select({ id: endpoints.id })
      .from(endpoints)
      .where(gt(endpoints.id, after))
      .orderBy(asc(endpoints.id))
      .limit(pageSize);
    const last = ids.at(-1);
    if (last === undefined) return;
    yield ids.map((row) => row.id);
    after = last.id;
  }
}

function publishedEndpoint(
  sealer: Sealer,
  row: EndpointRow,
  roleRows: readonly RoleRow[],
  {
    tenantName,
    status,
    credentials,
    mockSecret,
  }: {
    readonly tenantName: string;
    readonly status: 'active' | 'suspended';
    readonly credentials: readonly PublishedCredential[];
    readonly mockSecret: string | null;
  },
): PublishedEndpoint {
  return {
    endpointId: row.id,
    tenantId: row.tenantId,
    tenantName,
    status,
    kind: row.kind,
    region: row.region,
    cell: row.cell,
    generation: row.generation,
    upstream: upstreamOf(row),
    defaultDatabase: row.defaultDatabase,
    sizing: sizingOf(row),
    settings: settingsOf(row),
    orders: row.orders,
    serviceRole:
      row.servicePasswordSealed === null
        ? null
        : {
            name: row.serviceRole,
            password: sealer.open(row.servicePasswordSealed, servicePasswordPlace(row.id)),
          },
    authQuery: row.authQuery,
    roles: roleRows.map((role) => publishedRole(sealer, role)),
    credentials,
    mockSecret,
  };
}

/** Null if it does not open: salts that look odd are better than endpoints that cannot be published. */
async function openMockSecret(
  tx: Pick<CatalogTransaction, 'select'>,
  sealer: Sealer,
): Promise<string | null> {
  const [meta] = await tx.select({ sealed: catalogMeta.mockSecretSealed }).from(catalogMeta);
  try {
    return meta === undefined ? null : sealer.open(meta.sealed, mockSecretPlace);
  } catch (error) {
    if (error instanceof CatalogSealError) return null;
    throw error;
  }
}

/** Each endpoint has its own, so that none says anything of another's. */
function mockSecretOf(secret: string, endpointId: string): string {
  return createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`mock salts\0${endpointId}`)
    .digest('base64');
}

function publishedRole(sealer: Sealer, role: RoleRow): PublishedRole {
  const { name, verifier, verifierIsServers, previousVerifier } = role;
  const { password, previousPassword } = openRolePasswords(sealer, role);
  return {
    name,
    verifier,
    verifierIsServers,
    password,
    validUntil: role.validUntil?.toISOString() ?? null,
    previous:
      previousVerifier === null
        ? null
        : {
            verifier: previousVerifier,
            validUntil: role.previousUntil?.toISOString() ?? null,
            password: previousPassword,
          },
  };
}
