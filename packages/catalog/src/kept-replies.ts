// Replies kept for repetitions: what a request with an Idempotency-Key was answered, in the transaction of what it made.
import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { Catalog, Change } from './catalog.ts';
import { keptReplies } from './schema.ts';

/** Which request: the same caller, route and key are the same request. */
export interface RequestName {
  readonly apiKeyId: string;
  /** Method and path. */
  readonly route: string;
  readonly idempotencyKey: string;
}

/** What was asked, as text that is equal only for equal requests, and what was answered. */
export interface KeptReply {
  readonly asked: string;
  readonly reply: unknown;
  readonly location: string | null;
}

/** Somebody else was answered under the same name meanwhile; what this transaction wrote must not stay. */
export class ReplyKeptError extends Error {
  override name = 'ReplyKeptError';
}

const keptFor = sql`interval '24 hours'`;

/** The reply of the last 24 hours under this name, or null. Throws CatalogSealError. */
export async function findKeptReply(
  catalog: Catalog,
  { apiKeyId, route, idempotencyKey }: RequestName,
): Promise<KeptReply | null> {
  const [row] = await catalog.db
    .select({ sealed: keptReplies.sealed })
    .from(keptReplies)
    .where(
      and(
        eq(keptReplies.apiKeyId, apiKeyId),
        eq(keptReplies.route, route),
        eq(keptReplies.idempotencyKey, idempotencyKey),
        gt(keptReplies.keptAt, sql`now() - ${keptFor}`),
      ),
    );
  if (row === undefined) return null;
  return JSON.parse(
    catalog.sealer.open(row.sealed, keptReplyPlace(apiKeyId, route, idempotencyKey)),
  ) as KeptReply;
}

/** Keeps a reply. Throws ReplyKeptError, after waiting for whoever is writing one under the same name. */
export async function keepReply(
  { tx, sealer }: Change,
  { apiKeyId, route, idempotencyKey }: RequestName,
  kept: KeptReply,
): Promise<void> {
  const sealed = sealer.seal(JSON.stringify(kept), keptReplyPlace(apiKeyId, route, idempotencyKey));
  const written = await tx
    .insert(keptReplies)
    .values({ apiKeyId, route, idempotencyKey, sealed })
    .onConflictDoUpdate({
      target: [keptReplies.apiKeyId, keptReplies.route, keptReplies.idempotencyKey],
      set: { sealed, keptAt: sql`now()` },
      // One that is too old is as good as gone.
      setWhere: sql`${keptReplies.keptAt} <= now() - ${keptFor}`,
    })
    .returning({ route: keptReplies.route });
  if (written.length === 0) throw new ReplyKeptError('a reply was kept under this name already');
}

/** Deletes what is older than 24 hours. */
export async function forgetKeptReplies(catalog: Catalog): Promise<void> {
  await catalog.db.delete(keptReplies).where(lt(keptReplies.keptAt, sql`now() - ${keptFor}`));
}

export function keptReplyPlace(apiKeyId: string, route: string, idempotencyKey: string) {
  return ['kept_replies', 'sealed', apiKeyId, route, idempotencyKey] as const;
}
