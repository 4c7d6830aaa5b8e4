// Schemas of tenants: create (with the first endpoint), list, get, change.
import { z } from 'zod';
import { connectionStringsSchema, endpointInputFields, endpointSchema, oneRam } from './endpoints.ts';
import {
  displayNameSchema,
  organisationIdSchema,
  pageOf,
  pageQuerySchema,
  statusSchema,
  tenantIdSchema,
  timeSchema,
} from './identity.ts';

export const createTenantBodySchema = z
  .strictObject({ name: displayNameSchema, ...endpointInputFields })
  .refine(oneRam.check, oneRam.says)
  .meta({ id: 'CreateTenantBody' });

export const changeTenantBodySchema = z
  .strictObject({ name: displayNameSchema, status: statusSchema })
  .partial()
  .meta({ id: 'ChangeTenantBody' });

export const tenantSchema = z
  .object({
    id: tenantIdSchema,
    organisationId: organisationIdSchema,
    name: z.string(),
    status: statusSchema,
    generation: z.number().int().describe('Raised by each change of the tenant itself'),
    endpointCount: z.number().int(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Tenant' });

/** Query of the list of tenants. */
export const tenantsQuerySchema = pageQuerySchema.extend({
  name: z
    .string()
    .min(1)
    .max(100)
    .refine((text) => !text.includes('\0'), 'must not hold a zero byte')
    .optional()
    .describe('Only tenants whose name begins so, in upper or lower case as far as the catalog knows them'),
  status: statusSchema.optional(),
});

export const tenantPageSchema = pageOf(tenantSchema).meta({ id: 'TenantPage' });

export const createTenantReplySchema = z
  .object({ tenant: tenantSchema, endpoint: endpointSchema, connectionStrings: connectionStringsSchema })
  .meta({ id: 'CreateTenantReply' });

export const getTenantReplySchema = z
  .object({ ...tenantSchema.shape, endpoints: z.array(endpointSchema) })
  .meta({ id: 'TenantWithEndpoints' });

export type CreateTenantBody = z.output<typeof createTenantBodySchema>;
export type CreateTenantInput = z.input<typeof createTenantBodySchema>;
export type ChangeTenantBody = z.output<typeof changeTenantBodySchema>;
export type TenantReply = z.output<typeof tenantSchema>;
export type TenantPageReply = z.output<typeof tenantPageSchema>;
export type CreateTenantReply = z.output<typeof createTenantReplySchema>;
export type GetTenantReply = z.output<typeof getTenantReplySchema>;
