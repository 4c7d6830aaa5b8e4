// Schemas of webhooks and of what they were told.
import { eventTypes, isDeliveryId, isWebhookId } from '@weir/tenancy';
import { z } from 'zod';
import { organisationIdSchema, pageOf, pageQuerySchema, plainText, timeSchema } from './identity.ts';
import { overlapSecondsSchema } from './roles.ts';

export { eventTypes };

export const webhookIdSchema = z
  .string()
  .refine(isWebhookId, 'is not a webhook id (wh_ and 20 letters or digits)')
  .describe('Webhook id: wh_ and 20 base36 characters');

export const deliveryIdSchema = z
  .string()
  .refine(isDeliveryId, 'is not the id of a delivery (dl_ and 20 letters or digits)')
  .describe('Id of a delivery: dl_ and 20 base36 characters');

const eventTypeSchema = z.enum(eventTypes);

// Without user, password and fragment; what is not ASCII is percent-encoded, or xn--.
const receiverPattern =
  /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(?::\d{1,5})?(?:[/?][\x21\x22\x24-\x7e]*)?$/i;

const urlSchema = z
  .url('must be whole, such as https://example.com/hooks')
  .max(2000, 'must be at most 2000 characters')
  .regex(receiverPattern, 'must be an http:// or https:// URL without user, password and fragment');

const eventsSchema = z
  .array(eventTypeSchema)
  .min(1, 'must name at least one event')
  .max(eventTypes.length)
  .refine((list) => new Set(list).size === list.length, 'names an event twice')
  .describe('What it is told of');

const descriptionSchema = plainText(z.string().max(500, 'must be at most 500 characters'));

export const webhookSchema = z
  .object({
    id: webhookIdSchema,
    organisationId: organisationIdSchema,
    url: z.string(),
    description: z.string(),
    events: z.array(eventTypeSchema),
    enabled: z.boolean().describe('false: nothing is sent, and no event is kept for it'),
    previousSecretUntil: timeSchema
      .nullable()
      .describe(
        'Until then deliveries are signed with the secret before the last rotation too; null: with one',
      ),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Webhook' });

export const webhookPageSchema = pageOf(webhookSchema).meta({ id: 'WebhookPage' });

export const createWebhookBodySchema = z
  .strictObject({ url: urlSchema, description: descriptionSchema.default(''), events: eventsSchema })
  .meta({ id: 'CreateWebhookBody' });

const shownSecretSchema = z
  .string()
  .describe('whsec_ and base64 of the key that deliveries are signed with. It is never shown again');

export const createWebhookReplySchema = z
  .object({ webhook: webhookSchema, secret: shownSecretSchema })
  .meta({ id: 'CreateWebhookReply' });

export const rotateWebhookSecretBodySchema = z
  .strictObject({
    overlapSeconds: overlapSecondsSchema
      // Receivers are deployed less often than what connects to databases.
      .default(86_400)
      .describe('For how long the secret before signs too; 0: not at all, as after a leak'),
  })
  .meta({ id: 'RotateWebhookSecretBody' });

export const rotateWebhookSecretReplySchema = z
  .object({ webhook: webhookSchema, secret: shownSecretSchema })
  .meta({ id: 'RotateWebhookSecretReply' });

export const changeWebhookBodySchema = z
  .strictObject({
    url: urlSchema.optional(),
    description: descriptionSchema.optional(),
    events: eventsSchema.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'ChangeWebhookBody' });

const deliveryStatusSchema = z
  .enum(['pending', 'delivered', 'failed'])
  .describe('pending: to be sent, or sent again; failed: given up');

export const deliverySchema = z
  .object({
    id: deliveryIdSchema.describe('Sent as webhook-id, the same in every attempt and replay'),
    webhookId: webhookIdSchema,
    type: z.enum([...eventTypes, 'test']),
    status: deliveryStatusSchema,
    attempts: z.number().int().min(0).describe('Since it was made, or replayed'),
    dueAt: timeSchema.nullable().describe('When it is sent next at the earliest; null: it is not sent again'),
    lastStatus: z.number().int().nullable().describe('HTTP status of the last reply; null: there was none'),
    lastError: z.string().nullable().describe('Why the last attempt failed'),
    createdAt: timeSchema,
    finishedAt: timeSchema.nullable(),
    body: z
      .object({
        type: z.enum([...eventTypes, 'test']),
        at: timeSchema,
        organisationId: z.string(),
        tenantId: z.string().nullable(),
        targetId: z.string(),
        changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
      })
      .describe('What is sent, as JSON'),
  })
  .meta({ id: 'Delivery' });

export const deliveryPageSchema = pageOf(deliverySchema).meta({ id: 'DeliveryPage' });

export const deliveriesQuerySchema = pageQuerySchema.extend({ status: deliveryStatusSchema.optional() });

export const webhookParamsSchema = z.strictObject({ webhookId: webhookIdSchema });
export const deliveryParamsSchema = z.strictObject({
  webhookId: webhookIdSchema,
  deliveryId: deliveryIdSchema,
});

export type WebhookReply = z.output<typeof webhookSchema>;
export type CreateWebhookReply = z.output<typeof createWebhookReplySchema>;
export type RotateWebhookSecretReply = z.output<typeof rotateWebhookSecretReplySchema>;
export type DeliveryReply = z.output<typeof deliverySchema>;
