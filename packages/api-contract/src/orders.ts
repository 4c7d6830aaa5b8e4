// Schemas of orders: what operators order of an endpoint's pools, what stands of it, and which poolers have done it.
import type { EndpointOrders } from '@weir/tenancy';
import { z } from 'zod';
import { endpointIdSchema, postgresNameSchema, timeSchema } from './identity.ts';

const scopeFields = {
  role: postgresNameSchema.nullable().default(null).describe('Only pools of this role; null: of every one'),
  database: postgresNameSchema
    .nullable()
    .default(null)
    .describe('Only pools of this database; null: of every one'),
};

export const orderScopeBodySchema = z.strictObject(scopeFields).meta({ id: 'OrderScope' });

export const drainBodySchema = z
  .strictObject({
    overMs: z
      .number()
      .int()
      .min(0)
      .max(3_600_000)
      .default(10_000)
      .describe('Over how long clients are ended, evenly, so that they do not all come back at once'),
  })
  .meta({ id: 'DrainBody' });

export const ordersSchema = z
  .object({
    pools: z.array(
      z.object({
        role: z.string().nullable().describe('null: every role'),
        database: z.string().nullable().describe('null: every database'),
        pausedAt: timeSchema.nullable().describe('null: not paused'),
        reconnectedIn: z
          .number()
          .int()
          .describe('Generation of the endpoint with the last reconnect; 0: there was none'),
        killedIn: z.number().int().describe('The same of the last kill'),
      }),
    ),
    draining: z
      .object({ since: timeSchema, overMs: z.number().int() })
      .nullable()
      .describe(
        'Not null: new clients are refused, and those that are there are ended when in no transaction',
      ),
  })
  .meta({ id: 'EndpointOrders' }) satisfies z.ZodType<EndpointOrders>;

export const orderReplySchema = z
  .object({
    endpointId: endpointIdSchema,
    generation: z.number().int().describe('Of the endpoint with this order'),
    orders: ordersSchema,
  })
  .meta({ id: 'OrderReply' });

export const ordersQuerySchema = z.strictObject({
  generation: z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Which generation poolers must have; left out: the current one'),
  waitMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(20_000)
    .default(0)
    .describe('Answer when all have it, or after so long'),
});

export const ordersReachSchema = z
  .object({
    endpointId: endpointIdSchema,
    generation: z.number().int(),
    orders: ordersSchema,
    reached: z.boolean().describe('Every pooler that serves the endpoint has carried out what was ordered'),
    poolers: z.array(
      z.object({
        processId: z.string(),
        state: z
          .enum(['done', 'unused', 'behind', 'silent'])
          .describe(
            'done: has it; unused: serves no client of the endpoint; behind: not yet; silent: has not reported for some seconds and has not left',
          ),
      }),
    ),
  })
  .meta({ id: 'OrdersReach' });

export type OrderReply = z.output<typeof orderReplySchema>;
export type OrdersReachReply = z.output<typeof ordersReachSchema>;
export type DrainInput = z.input<typeof drainBodySchema>;
export type OrderScopeInput = z.input<typeof orderScopeBodySchema>;
