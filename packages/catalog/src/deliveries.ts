// Deliveries: what webhooks are to be told, claimed by whoever sends, and put off, finished or replayed.
import { randomBytes } from 'node:crypto';
import { newDeliveryId } from '@weir/tenancy';
import { and, desc, eq, inArray, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Catalog, Change } from './catalog.ts';
import type { EventBody } from './events.ts';
import type { Position } from './position.ts';
import { deliveries, webhooks } from './schema.ts';
import { previousSecretPlace } from './webhook-rotations.ts';
import { secretPlace } from './webhooks.ts';

export type DeliveryRecord = typeof deliveries.$inferSelect;
export type DeliveryStatus = DeliveryRecord['status'];

/** A delivery that is to be sent now, by whoever claimed it. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly url: string;
  /** What it is to be signed with, the newest first: two while a rotation's overlap lasts. Throws CatalogSealError. */
  secrets(): readonly string[];
  readonly body: EventBody;
  /** This one included. */
  readonly attempts: number;
}

/** How an attempt ended. `status` is that of the reply, `error` a word for why there was none that will do. */
export interface AttemptOutcome {
  readonly status: number | null;
  readonly error: string | null;
  /** Null: it is finished, well or for good. */
  readonly againInMs: number | null;
}

// Of one webhook at a time, so that one that does not answer leaves room for the others.
const perWebhook = 4;
/** For so long nobody else sends what was claimed; longer than an attempt takes. */
const claimedForMs = 20_000;

export const isDueDelivery = and(eq(deliveries.status, 'pending'), lte(deliveries.dueAt, sql`now()`));
/** Joins deliveries with their webhooks: those of one that is switched off wait. */
export const isOfEnabledWebhook = and(eq(webhooks.id, deliveries.webhookId), eq(webhooks.enabled, true));

/** Claims deliveries that are due. Killed before it says how they went, they are due again after 20 s. */
export async function claimDeliveries(catalog: Catalog, max: number): Promise<readonly ClaimedDelivery[]> {
  const ranked = catalog.db
    .select({
      id: deliveries.id,
      place:
        sql<number>`row_number() over (partition by ${deliveries.webhookId} order by ${deliveries.dueAt})`.as(
          'place',
        ),
      dueAt: deliveries.dueAt,
    })
    .from(deliveries)
    .innerJoin(webhooks, isOfEnabledWebhook)
    .where(isDueDelivery)
    .as('ranked');
  const chosen = catalog.db
    .select({ id: ranked.id })
    .from(ranked)
    .where(lte(ranked.place, perWebhook))
    .orderBy(ranked.dueAt)
    .limit(max);
  // Whoever comes second waits for the row, sees that it is no longer due, and leaves it.
  const claimed = await catalog.db
    .update(deliveries)
    .set({
      attempts: sql`${deliveries.attempts} + 1`,
      dueAt: sql`now() + ${claimedForMs} * interval '1 millisecond'`,
    })
    .where(and(inArray(deliveries.id, chosen), isDueDelivery))
    .returning();
  if (claimed.length === 0) return [];
  const receivers = await catalog.db
    .select({
      id: webhooks.id,
      url: webhooks.url,
      secretSealed: webhooks.secretSealed,
      previousSealed: sql<
        string | null
      >`case when ${webhooks.previousSecretUntil} > now() then ${webhooks.previousSecretSealed} end`,
    })
    .from(webhooks)
    .where(inArray(webhooks.id, [...new Set(claimed.map((row) => row.webhookId))]));
  return claimed.flatMap(({ id, webhookId, body, attempts }) => {
    const receiver = receivers.find((one) => one.id === webhookId);
    // Deleted meanwhile, and with it what it was to be told.
    if (receiver === undefined) return [];
    const { url, secretSealed, previousSealed } = receiver;
    const { sealer } = catalog;
    const secrets = () => [
      sealer.open(secretSealed, secretPlace(webhookId)),
      ...(previousSealed === null ? [] : [sealer.open(previousSealed, previousSecretPlace(webhookId))]),
    ];
    return [{ id, url, body, attempts, secrets }];
  });
}

/** Says how the attempt went that was claimed. What was replayed meanwhile has another count of attempts, and stays due. */
export async function settleDelivery(
  catalog: Catalog,
  { id, attempts }: Pick<ClaimedDelivery, 'id' | 'attempts'>,
  { status, error, againInMs }: AttemptOutcome,
): Promise<void> {
  const isOver = againInMs === null;
  await catalog.db
    .update(deliveries)
    .set({
      lastStatus: status,
      lastError: error,
      ...(isOver
        ? { status: error === null ? 'delivered' : 'failed', finishedAt: sql`now()` }
        : { dueAt: sql`now() + ${Math.round(againInMs)} * interval '1 millisecond'` }),
    })
    .where(and(eq(deliveries.id, id), eq(deliveries.status, 'pending'), eq(deliveries.attempts, attempts)));
}

/** A page of what a webhook was told and is to be told, the newest first. Null: the organisation has no such webhook. */
export async function listDeliveries(
  catalog: Catalog,
  organisationId: string,
  webhookId: string,
  page: {
    readonly limit: number;
    /** Only older ones. */
    readonly before?: Position | undefined;
    readonly status?: DeliveryStatus | undefined;
  },
): Promise<readonly DeliveryRecord[] | null> {
  const [webhook] = await catalog.db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(eq(webhooks.id, webhookId), eq(webhooks.organisationId, organisationId)));
  if (webhook === undefined) return null;
  const given = <T>(value: T | undefined, condition: (value: T) => SQL) =>
    value === undefined ? undefined : condition(value);
  return catalog.db
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.webhookId, webhookId),
        given(page.status, (status) => eq(deliveries.status, status)),
        given(
          page.before,
          ({ createdAt, id }) =>
            sql`(${deliveries.createdAt}, ${deliveries.id}) < (${createdAt.toISOString()}::timestamptz, ${id})`,
        ),
      ),
    )
    .orderBy(desc(deliveries.createdAt), desc(deliveries.id))
    .limit(page.limit);
}

/** A delivery that tells of nothing, to try the receiver. Null: the organisation has no such webhook. */
export async function testWebhook(change: Change, webhookId: string): Promise<DeliveryRecord | null> {
  const { tx, author } = change;
  const { organisationId } = author;
  const [webhook] = await tx
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(eq(webhooks.id, webhookId), eq(webhooks.organisationId, organisationId)));
  if (webhook === undefined) return null;
  const at = new Date().toISOString();
  const body: EventBody = {
    type: 'test',
    at,
    organisationId,
    tenantId: null,
    targetId: webhookId,
    changes: [],
  };
  const [row] = await tx
    .insert(deliveries)
    .values({ id: newDeliveryId(randomBytes), webhookId, type: 'test', body })
    .returning();
  return row!;
}

/** Sends it again, under the same id, whatever became of it. Null: the organisation's webhook has none of this id. */
export async function replayDelivery(
  { tx, author }: Change,
  webhookId: string,
  id: string,
): Promise<DeliveryRecord | null> {
  const own = tx
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(eq(webhooks.id, webhookId), eq(webhooks.organisationId, author.organisationId)));
  const [row] = await tx
    .update(deliveries)
    .set({ status: 'pending', attempts: 0, dueAt: sql`now()`, finishedAt: null })
    .where(and(eq(deliveries.id, id), inArray(deliveries.webhookId, own)))
    .returning();
  return row ?? null;
}

/** Deletes what was finished more than 30 days ago. */
export async function forgetDeliveries(catalog: Catalog): Promise<void> {
  await catalog.db.delete(deliveries).where(lt(deliveries.finishedAt, sql`now() - interval '30 days'`));
}
