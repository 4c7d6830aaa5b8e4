// API keys: made, hashed, found. A key itself is known only to whoever was given it.
import { createHash, randomBytes } from 'node:crypto';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { Catalog } from './catalog.ts';
import { apiKeys } from './schema.ts';

export interface ApiKeyRecord {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly createdAt: Date;
}

const keyPattern = /^weir_[0-9a-f]{48}$/;
const prefixLength = 'weir_'.length + 8;
// Any number of its own does: two processes must not both make the first key.
const firstKeyLock = 0x6b657931;

/**
 * Makes the first key if the catalog has none. `handOver` must have stored it when it resolves: only then is its hash
 * committed, so that a key nobody knows is never the only one. Null: there were keys already.
 */
export function ensureFirstApiKey(
  catalog: Catalog,
  handOver: (key: string) => Promise<void>,
): Promise<ApiKeyRecord | null> {
  return catalog.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${firstKeyLock})`);
    const [existing] = await tx.select({ id: apiKeys.id }).from(apiKeys).limit(1);
    if (existing !== undefined) return null;
    const key = `weir_${randomBytes(24).toString('hex')}`;
    const [record] = await tx
      .insert(apiKeys)
      .values({
        id: `key_${randomBytes(8).toString('hex')}`,
        name: 'first key',
        prefix: key.slice(0, prefixLength),
        sha256: hashOf(key),
      })
      .returning();
    await handOver(key);
    return record!;
  });
}

/** The live key that `text` is; null if it is none, has expired or was revoked. Found by hash, so timing tells nothing of a key. */
export async function findApiKey(catalog: Catalog, text: string): Promise<ApiKeyRecord | null> {
  if (!keyPattern.test(text)) return null;
  const [record] = await catalog.db
    .select({ id: apiKeys.id, name: apiKeys.name, prefix: apiKeys.prefix, createdAt: apiKeys.createdAt })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.sha256, hashOf(text)),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
      ),
    );
  return record ?? null;
}

// A plain hash is enough: a key has 192 random bits, so there is nothing to guess.
function hashOf(key: string): Uint8Array {
  return createHash('sha256').update(key).digest();
}
