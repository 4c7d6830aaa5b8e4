// Webhooks in the catalog: made, read, changed, deleted. Their secrets are rotated in webhook-rotations.ts; what they are told is in deliveries.ts.
import { randomBytes } from 'node:crypto';
import { type EventType, newWebhookId } from '@weir/tenancy';
import { and, asc, eq, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, Change } from './catalog.ts';
import { createdAfter, type Position } from './position.ts';
import { organisations, webhooks } from './schema.ts';
import type { SecretPlace } from './sealer.ts';

/** All that is known of a webhook but its secrets. */
export type WebhookRecord = Omit<typeof webhooks.$inferSelect, 'secretSealed' | 'previousSecretSealed'>;

export interface WebhookChoice {
  readonly url: string;
  readonly description: string;
  readonly events: readonly EventType[];
}

/** Each event costs a row for each webhook that wants it. */
export const webhooksMax = 100;

export const webhookRecordColumns = {
  id: webhooks.id,
  organisationId: webhooks.organisationId,
  url: webhooks.url,
  description: webhooks.description,
  events: webhooks.events,
  enabled: webhooks.enabled,
  previousSecretUntil: webhooks.previousSecretUntil,
  createdAt: webhooks.createdAt,
  updatedAt: webhooks.updatedAt,
};

/** `secret` exists nowhere else in the clear. `too-many`: the organisation has `webhooksMax` already. */
export async function createWebhook(
  change: Change,
  choice: WebhookChoice,
): Promise<{ readonly record: WebhookRecord; readonly secret: string } | 'too-many'> {
  const { tx, sealer } = change;
  const { organisationId } = change.author;
  // Two at a time must not both be the last one.
  await tx
    .select({ id: organisations.id })
    .from(organisations)
    .where(eq(organisations.id, organisationId))
    .for('update');
  if ((await tx.$count(webhooks, eq(webhooks.organisationId, organisationId))) >= webhooksMax)
    return 'too-many';
  const id = newWebhookId(randomBytes);
  const secret = newWebhookSecret();
  const [record] = await tx
    .insert(webhooks)
    .values({ ...choice, id, organisationId, secretSealed: sealer.seal(secret, secretPlace(id)) })
    .returning(webhookRecordColumns);
  await note(change, { action: 'webhook.create', targetId: id, after: shownOf(record!) });
  return { record: record!, secret };
}

/** Null: the organisation has none of this id. */
export async function findWebhook(
  catalog: Catalog,
  organisationId: string,
  id: string,
): Promise<WebhookRecord | null> {
  const [record] = await catalog.db
    .select(webhookRecordColumns)
    .from(webhooks)
    .where(ownWebhook(organisationId, id));
  return record ?? null;
}

/** A page of an organisation's webhooks, oldest first. */
export function listWebhooks(
  catalog: Catalog,
  organisationId: string,
  page: { readonly limit: number; readonly after?: Position | undefined },
): Promise<readonly WebhookRecord[]> {
  return catalog.db
    .select(webhookRecordColumns)
    .from(webhooks)
    .where(and(eq(webhooks.organisationId, organisationId), createdAfter(webhooks, page.after)))
    .orderBy(asc(webhooks.createdAt), asc(webhooks.id))
    .limit(page.limit);
}

/** While it is not enabled nothing is sent and no event is kept for it. Null: the organisation has none of this id. */
export async function changeWebhook(
  change: Change,
  id: string,
  to: { readonly [Name in keyof WebhookChoice]?: WebhookChoice[Name] | undefined } & {
    readonly enabled?: boolean | undefined;
  },
): Promise<WebhookRecord | null> {
  const { tx, author } = change;
  const where = ownWebhook(author.organisationId, id);
  const [before] = await tx.select(webhookRecordColumns).from(webhooks).where(where).for('update');
  if (before === undefined) return null;
  const [record] = await tx
    .update(webhooks)
    .set({ ...to, updatedAt: sql`now()` })
    .where(where)
    .returning(webhookRecordColumns);
  const shown = { before: shownOf(before), after: shownOf(record!) };
  await note(change, { action: 'webhook.change', targetId: id, ...shown });
  return record!;
}

/** With all that it was to be told. False: the organisation has none of this id. */
export async function deleteWebhook(change: Change, id: string): Promise<boolean> {
  const { tx, author } = change;
  const [gone] = await tx
    .delete(webhooks)
    .where(ownWebhook(author.organisationId, id))
    .returning(webhookRecordColumns);
  if (gone === undefined) return false;
  await note(change, { action: 'webhook.delete', targetId: id, before: shownOf(gone) });
  return true;
}

/** As Standard Webhooks writes it. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** Where a webhook's secret is sealed to. */
export function secretPlace(id: string): SecretPlace {
  return ['webhooks', 'secret', id];
}

/** Where the organisation's webhook of this id is. */
export function ownWebhook(organisationId: string, id: string) {
  return and(eq(webhooks.organisationId, organisationId), eq(webhooks.id, id));
}

/** What the audit log says of a webhook. */
function shownOf({ url, description, events, enabled }: WebhookRecord) {
  return { url, description, events, enabled };
}
