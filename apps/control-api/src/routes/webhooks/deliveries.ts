// Operations on what webhooks were told: list, test, replay.
import {
  listDeliveries as readDeliveries,
  replayDelivery as replayInCatalog,
  testWebhook as testInCatalog,
} from '@weir/catalog';
import { isDeliveryId } from '@weir/tenancy';
import { ApiError } from '../../errors.ts';
import { deliveryReply } from '../../webhooks/replies.ts';
import { pageOf, positionOf } from '../cursor.ts';
import type { Perform } from '../operation.ts';

export const testWebhook: Perform<'testWebhook'> = async ({ params, author }, { catalog }) => {
  const delivery = await catalog.change(author, (change) => testInCatalog(change, params.webhookId));
  if (delivery === null) throw new ApiError('webhook-not-found');
  return deliveryReply(delivery);
};

export const listDeliveries: Perform<'listDeliveries'> = async ({ params, query, caller }, { catalog }) => {
  const { limit, cursor, status } = query;
  const found = await readDeliveries(catalog, caller.organisationId, params.webhookId, {
    limit: limit + 1,
    before: positionOf(cursor, isDeliveryId),
    status,
  });
  if (found === null) throw new ApiError('webhook-not-found');
  return pageOf(found, limit, deliveryReply);
};

export const replayDelivery: Perform<'replayDelivery'> = async ({ params, author }, { catalog }) => {
  const { webhookId, deliveryId } = params;
  const delivery = await catalog.change(author, (change) => replayInCatalog(change, webhookId, deliveryId));
  if (delivery === null) throw new ApiError('delivery-not-found');
  return deliveryReply(delivery);
};
