// API keys: made, hashed, found, revoked. A key itself is known only to whoever was given it.
import { createHash, randomBytes } from 'node:crypto';
import { and, arrayContains, asc, count, eq, gt, isNull, lt, ne, or, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, CatalogTransaction, Change } from './catalog.ts';
import { createdAfter, type Position } from './position.ts';
import { apiKeys, organisations } from './schema.ts';

export type KeyScope = (typeof apiKeys.$inferSelect)['scopes'][number];

/** What is known of a key: everything but the key. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly organisationId: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly KeyScope[];
  readonly generation: number;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** A key that was just made; `secret` exists nowhere else. */
export interface NewApiKey {
  readonly record: ApiKeyRecord;
  readonly secret: string;
}

export interface ApiKeyChoice {
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  readonly expiresAt: Date | null;
}

/** For keys that may do everything. */
export const allScopes: readonly KeyScope[] = ['read', 'write', 'secrets', 'admin'];

const keyPattern = /^weir_[0-9a-f]{48}$/;
const prefixLength = 'weir_'.length + 8;
// Any number of its own does: two processes must not both make the first key.
const firstKeyLock = 0x6b657931;

const recordColumns = {
  id: apiKeys.id,
  organisationId: apiKeys.organisationId,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  scopes: apiKeys.scopes,
  generation: apiKeys.generation,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  lastUsedAt: apiKeys.lastUsedAt,
};

const live = and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)));

/**
 * Makes the first key, of the organisation that runs the installation, if the catalog has none. `handOver` must have
 * stored it when it resolves: only then is its hash committed, so that a key nobody knows is never the only one.
 * Null: there were keys already.
 */
export function ensureFirstApiKey(
  catalog: Catalog,
  handOver: (key: string) => Promise<void>,
): Promise<ApiKeyRecord | null> {
  return catalog.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${firstKeyLock})`);
    const [existing] = await tx.select({ id: apiKeys.id }).from(apiKeys).limit(1);
    if (existing !== undefined) return null;
    const [operator] = await tx
      .select({ id: organisations.id })
      .from(organisations)
      .where(eq(organisations.isOperator, true));
    if (operator === undefined) throw new Error('the catalog has lost the organisation that runs it');
    const choice = { name: 'first key', scopes: allScopes, expiresAt: null };
    const { record, secret } = await insertKey(tx, operator.id, choice);
    await handOver(secret);
    return record;
  });
}

/** One more key of an organisation. */
export async function createApiKey(
  change: Change,
  organisationId: string,
  choice: ApiKeyChoice,
): Promise<NewApiKey> {
  const made = await insertKey(change.tx, organisationId, choice);
  const { name, scopes, expiresAt } = choice;
  await note(change, {
    action: 'api-key.create',
    targetId: made.record.id,
    organisationId,
    after: { name, scopes, expiresAt },
  });
  return made;
}

/** Who calls, as far as the key tells. */
export interface CallerRecord extends ApiKeyRecord {
  readonly organisation: typeof organisations.$inferSelect;
}

/** The live key that `text` is; null if it is none, has expired or was revoked. Found by hash, so timing tells nothing of a key. */
export async function findCaller(catalog: Catalog, text: string): Promise<CallerRecord | null> {
  if (!keyPattern.test(text)) return null;
  const [found] = await catalog.db
    .select({ key: recordColumns, organisation: organisations })
    .from(apiKeys)
    .innerJoin(organisations, eq(organisations.id, apiKeys.organisationId))
    .where(and(eq(apiKeys.sha256, hashOf(text)), live));
  return found === undefined ? null : { ...found.key, organisation: found.organisation };
}

/** Null: the organisation has none of this id. Expired and revoked ones are found. */
export async function findApiKey(
  catalog: Catalog,
  organisationId: string,
  id: string,
): Promise<ApiKeyRecord | null> {
  const [record] = await catalog.db
    .select(recordColumns)
    .from(apiKeys)
    .where(and(eq(apiKeys.id, id), eq(apiKeys.organisationId, organisationId)));
  return record ?? null;
}

/** A page of an organisation's keys, oldest first. */
export function listApiKeys(
  catalog: Catalog,
  organisationId: string,
  page: { readonly limit: number; readonly after?: Position | undefined },
): Promise<readonly ApiKeyRecord[]> {
  return catalog.db
    .select(recordColumns)
    .from(apiKeys)
    .where(and(eq(apiKeys.organisationId, organisationId), createdAfter(apiKeys, page.after)))
    .orderBy(asc(apiKeys.createdAt), asc(apiKeys.id))
    .limit(page.limit);
}

/**
 * Revokes a key at once. `last-admin`: no other live key of the organisation could make keys, so it is kept.
 * `changed-meanwhile`: it is at none of `ifGeneration`. A key that was revoked before stays so.
 */
export async function revokeApiKey(
  change: Change,
  id: string,
  ifGeneration?: readonly number[],
): Promise<'revoked' | 'absent' | 'changed-meanwhile' | 'last-admin'> {
  const { tx, author } = change;
  const { organisationId } = author;
  // Two revocations at once must not each count on the key that the other one takes.
  await tx
    .select({ id: organisations.id })
    .from(organisations)
    .where(eq(organisations.id, organisationId))
    .for('update');
  const ofThem = eq(apiKeys.organisationId, organisationId);
  const [key] = await tx
    .select(recordColumns)
    .from(apiKeys)
    .where(and(ofThem, eq(apiKeys.id, id)));
  if (key === undefined) return 'absent';
  if (ifGeneration !== undefined && !ifGeneration.includes(key.generation)) return 'changed-meanwhile';
  if (makesKeys(key)) {
    const [others] = await tx
      .select({ count: count() })
      .from(apiKeys)
      .where(and(ofThem, ne(apiKeys.id, id), live, arrayContains(apiKeys.scopes, ['admin', 'secrets'])));
    if (others!.count === 0) return 'last-admin';
  }
  if (key.revokedAt !== null) return 'revoked';
  await tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()`, generation: sql`${apiKeys.generation} + 1` })
    .where(eq(apiKeys.id, id));
  await note(change, { action: 'api-key.revoke', targetId: id, before: { name: key.name } });
  return 'revoked';
}

/** Notes when keys were used last; a time that is not later than the one noted changes nothing. */
export async function noteKeyUse(catalog: Catalog, usedAt: ReadonlyMap<string, Date>): Promise<void> {
  for (const [id, at] of usedAt) {
    await catalog.db
      .update(apiKeys)
      .set({ lastUsedAt: at })
      .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, at))));
  }
}

function makesKeys({ revokedAt, expiresAt, scopes }: ApiKeyRecord): boolean {
  const isLive = revokedAt === null && (expiresAt === null || expiresAt.getTime() > Date.now());
  return isLive && scopes.includes('admin') && scopes.includes('secrets');
}

async function insertKey(
  tx: CatalogTransaction,
  organisationId: string,
  { name, scopes, expiresAt }: ApiKeyChoice,
): Promise<NewApiKey> {
  const secret = `weir_${randomBytes(24).toString('hex')}`;
  const [record] = await tx
    .insert(apiKeys)
    .values({
      id: `key_${randomBytes(8).toString('hex')}`,
      organisationId,
      name,
      scopes: [...scopes],
      expiresAt,
      prefix: secret.slice(0, prefixLength),
      sha256: hashOf(secret),
    })
    .returning(recordColumns);
  return { record: record!, secret };
}

// A plain hash is enough: a key has 192 random bits, so there is nothing to guess.
function hashOf(key: string): Uint8Array {
  return createHash('sha256').update(key).digest();
}
