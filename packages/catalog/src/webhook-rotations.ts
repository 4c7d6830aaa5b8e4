// Rotations of webhooks' signing secrets: the one before signs too for an overlap, and is forgotten when that is over.
import { lte, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, Change } from './catalog.ts';
import { webhooks } from './schema.ts';
import type { SecretPlace } from './sealer.ts';
import {
  newWebhookSecret,
  ownWebhook,
  secretPlace,
  type WebhookRecord,
  webhookRecordColumns,
} from './webhooks.ts';

/**
 * Makes a new secret; the present one signs beside it for `overlapMs` more, and one from before that does not any more.
 * Null: the organisation has no such webhook. With an overlap throws CatalogSealError if the present one does not open.
 */
export async function rotateWebhookSecret(
  change: Change,
  id: string,
  overlapMs: number,
): Promise<{ readonly record: WebhookRecord; readonly secret: string } | null> {
  const { tx, sealer, author } = change;
  const where = ownWebhook(author.organisationId, id);
  const [before] = await tx
    .select({ secretSealed: webhooks.secretSealed })
    .from(webhooks)
    .where(where)
    .for('update');
  if (before === undefined) return null;
  const secret = newWebhookSecret();
  // Without an overlap it is not opened, so that one that does not open can be replaced.
  const previous =
    overlapMs > 0
      ? {
          previousSecretSealed: sealer.seal(
            sealer.open(before.secretSealed, secretPlace(id)),
            previousSecretPlace(id),
          ),
          previousSecretUntil: sql`now() + ${overlapMs} * interval '1 millisecond'`,
        }
      : noPrevious;
  const [record] = await tx
    .update(webhooks)
    .set({ secretSealed: sealer.seal(secret, secretPlace(id)), ...previous, updatedAt: sql`now()` })
    .where(where)
    .returning(webhookRecordColumns);
  await note(change, { action: 'webhook.rotate', targetId: id, after: { overlapMs }, secrets: ['secret'] });
  return { record: record!, secret };
}

/** Deliveries are signed with the newest secret alone; where there is no overlap, nothing changes. Null: the organisation has no such webhook. */
export async function endWebhookOverlap(change: Change, id: string): Promise<WebhookRecord | null> {
  const { tx, author } = change;
  const where = ownWebhook(author.organisationId, id);
  const [before] = await tx.select(webhookRecordColumns).from(webhooks).where(where).for('update');
  if (before === undefined || before.previousSecretUntil === null) return before ?? null;
  const [record] = await tx
    .update(webhooks)
    .set({ ...noPrevious, updatedAt: sql`now()` })
    .where(where)
    .returning(webhookRecordColumns);
  await note(change, { action: 'webhook.end-overlap', targetId: id });
  return record!;
}

/** Deletes secrets whose overlap is over. */
export async function forgetPreviousSecrets({ db }: Catalog): Promise<void> {
  await db.update(webhooks).set(noPrevious).where(lte(webhooks.previousSecretUntil, sql`now()`));
}

/** Where the secret before the last rotation is sealed to. */
export function previousSecretPlace(id: string): SecretPlace {
  return ['webhooks', 'previous_secret', id];
}

const noPrevious = { previousSecretSealed: null, previousSecretUntil: null };
