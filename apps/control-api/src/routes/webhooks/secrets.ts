// Operations on the secret of a webhook: rotate it, and end the overlap of that.
import { endWebhookOverlap as endInCatalog, rotateWebhookSecret as rotateInCatalog } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import { webhookReply } from '../../webhooks/replies.ts';
import type { Perform } from '../operation.ts';

export const rotateWebhookSecret: Perform<'rotateWebhookSecret'> = ({ params, body, create }) =>
  create(async (change) => {
    const made = await rotateInCatalog(change, params.webhookId, body.overlapSeconds * 1000);
    if (made === null) throw new ApiError('webhook-not-found');
    return { webhook: webhookReply(made.record), secret: made.secret };
  });

export const endWebhookOverlap: Perform<'endWebhookOverlap'> = async ({ params, author }, { catalog }) => {
  const webhook = await catalog.change(author, (change) => endInCatalog(change, params.webhookId));
  if (webhook === null) throw new ApiError('webhook-not-found');
  return webhookReply(webhook);
};
