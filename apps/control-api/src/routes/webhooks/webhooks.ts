// Operations on the webhooks of the caller's organisation.
import {
  changeWebhook as changeInCatalog,
  deleteWebhook as deleteFromCatalog,
  findWebhook,
  listWebhooks as readWebhooks,
  webhooksMax,
  createWebhook as writeWebhook,
} from '@weir/catalog';
import { isWebhookId } from '@weir/tenancy';
import { type ControlApiConfig, egressPolicy } from '../../config.ts';
import { insistMayBeDialled } from '../../egress/insist-may-be-dialled.ts';
import { ApiError } from '../../errors.ts';
import { webhookReply } from '../../webhooks/replies.ts';
import { pageOf, positionOf } from '../cursor.ts';
import type { Perform } from '../operation.ts';

export const createWebhook: Perform<'createWebhook'> = async ({ body, create, reply }, { config }) => {
  await insistMayBeTold(body.url, config);
  return create(async (change) => {
    const made = await writeWebhook(change, body);
    if (made === 'too-many') {
      throw new ApiError('too-many-webhooks', { detail: `an organisation has at most ${webhooksMax}` });
    }
    reply.header('location', `/v1/webhooks/${made.record.id}`);
    return { webhook: webhookReply(made.record), secret: made.secret };
  });
};

export const listWebhooks: Perform<'listWebhooks'> = async ({ query, caller }, { catalog }) => {
  const { limit, cursor } = query;
  const after = positionOf(cursor, isWebhookId);
  const found = await readWebhooks(catalog, caller.organisationId, { limit: limit + 1, after });
  return pageOf(found, limit, webhookReply);
};

export const getWebhook: Perform<'getWebhook'> = async ({ params, caller }, { catalog }) => {
  const webhook = await findWebhook(catalog, caller.organisationId, params.webhookId);
  if (webhook === null) throw new ApiError('webhook-not-found');
  return webhookReply(webhook);
};

export const changeWebhook: Perform<'changeWebhook'> = async (
  { params, body, author },
  { catalog, config },
) => {
  const { webhookId } = params;
  if ((await findWebhook(catalog, author.organisationId, webhookId)) === null) {
    throw new ApiError('webhook-not-found');
  }
  if (body.url !== undefined) await insistMayBeTold(body.url, config);
  const webhook = await catalog.change(author, (change) => changeInCatalog(change, webhookId, body));
  if (webhook === null) throw new ApiError('webhook-not-found');
  return webhookReply(webhook);
};

export const deleteWebhook: Perform<'deleteWebhook'> = async ({ params, author }, { catalog }) => {
  const isGone = await catalog.change(author, (change) => deleteFromCatalog(change, params.webhookId));
  if (!isGone) throw new ApiError('webhook-not-found');
  return null;
};

function insistMayBeTold(url: string, config: ControlApiConfig): Promise<void> {
  const reach = { policy: egressPolicy(config), plainTo: 'anywhere' } as const;
  return insistMayBeDialled(url, reach, { slug: 'webhook-url-refused', field: 'url' });
}
