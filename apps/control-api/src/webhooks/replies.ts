// Webhooks and deliveries as the API shows them.
import type { DeliveryReply, WebhookReply } from '@weir/api-contract';
import type { DeliveryRecord, WebhookRecord } from '@weir/catalog';

export function webhookReply(webhook: WebhookRecord): WebhookReply {
  const { id, organisationId, url, description, events, enabled, createdAt, updatedAt } = webhook;
  const { previousSecretUntil: until } = webhook;
  return {
    id: id as WebhookReply['id'],
    organisationId: organisationId as WebhookReply['organisationId'],
    ...{ url, description, enabled },
    events: [...events],
    // What is over is not told, though it is still to be pruned.
    previousSecretUntil: until !== null && until.getTime() > Date.now() ? until.toISOString() : null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export function deliveryReply(delivery: DeliveryRecord): DeliveryReply {
  const { id, webhookId, type, status, attempts, dueAt, lastStatus, lastError, body } = delivery;
  return {
    id: id as DeliveryReply['id'],
    webhookId: webhookId as DeliveryReply['webhookId'],
    ...{ type, status, attempts, lastStatus, lastError },
    dueAt: status === 'pending' ? dueAt.toISOString() : null,
    createdAt: delivery.createdAt.toISOString(),
    finishedAt: delivery.finishedAt?.toISOString() ?? null,
    body: { ...body, changes: [...body.changes] },
  };
}
