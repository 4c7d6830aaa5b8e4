// Schemas of usage: what endpoints used, by hour, day or month.
import { z } from 'zod';
import {
  endpointIdSchema,
  givenTimeSchema,
  pageOf,
  pageQuerySchema,
  tenantIdSchema,
  timeSchema,
} from './identity.ts';

const seconds = () => z.number().min(0);
const count = () => z.number().int().min(0);

export const usageItemSchema = z
  .object({
    tenantId: tenantIdSchema,
    endpointId: endpointIdSchema,
    from: timeSchema.describe('When the period begins, in UTC'),
    to: timeSchema.describe('When it ends; what is not over yet still grows'),
    clientsPeak: count().describe('Most clients that were connected at once, looked at each second'),
    clientsMean: z
      .number()
      .min(0)
      .describe('Clients that were connected on average, over what has passed of it'),
    serverConnectionSeconds: seconds().describe('Seconds for which server connections were open, added up'),
    transactions: count(),
    queries: count(),
    bytesReceived: count().describe('From clients'),
    bytesSent: count().describe('To clients'),
    waitSeconds: seconds().describe('Seconds for which clients waited for a server connection, added up'),
  })
  .meta({ id: 'UsageItem' });

export const usagePageSchema = pageOf(usageItemSchema).meta({ id: 'UsagePage' });

export const usageQuerySchema = pageQuerySchema.extend({
  by: z.enum(['hour', 'day', 'month']).default('hour').describe('Length of a period'),
  since: givenTimeSchema
    .optional()
    .describe('Hours that begin then or later; a day before until, if it is left out. Kept for 400 days'),
  until: givenTimeSchema.optional().describe('Hours that begin before then; now, if it is left out'),
  tenantId: tenantIdSchema.optional(),
  endpointId: endpointIdSchema.optional(),
});

export type UsageItemReply = z.output<typeof usageItemSchema>;
export type UsagePageReply = z.output<typeof usagePageSchema>;
export type UsageQuery = z.input<typeof usageQuerySchema>;
