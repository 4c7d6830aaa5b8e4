// Schemas of tenants: create (with the first endpoint), list, get, change.
import { z } from 'zod';
import { connectionStringsSchema, endpointInputFields, endpointSchema, oneRam } from './endpoints.ts';
import {
  displayNameSchema,
  organisationIdSchema,
  pageOf,
  pageQuerySchema,
  plainText,
  statusSchema,
  tenantIdSchema,
  timeSchema,
} from './identity.ts';

export const createTenantBodySchema = z
  .strictObject({ name: displayNameSchema, ...endpointInputFields })
  .refine(oneRam.check, oneRam.says)
  .meta({ id: 'CreateTenantBody' });

const reasonSchema = plainText(
  z.string().trim().min(1, 'must not be empty').max(500, 'must be at most 500 characters'),
);

const tenantStatusSchema = z
  .enum(['active', 'suspended', 'deleted'])
  .describe(
    'suspended: clients are refused; deleted: they are refused, and it can be undeleted for some time',
  );

export const changeTenantBodySchema = z
  .strictObject({
    name: displayNameSchema,
    status: statusSchema,
    suspendedReason: reasonSchema
      .nullable()
      .describe('Only together with status suspended; it is forgotten when the tenant is resumed'),
  })
  .partial()
  .refine((body) => body.suspendedReason == null || body.status === 'suspended', {
    path: ['suspendedReason'],
    message: 'goes with status suspended only',
  })
  .meta({ id: 'ChangeTenantBody' });

export const tenantSchema = z
  .object({
    id: tenantIdSchema,
    organisationId: organisationIdSchema,
    name: z.string(),
    status: tenantStatusSchema,
    suspendedReason: z.string().nullable(),
    purgeAt: timeSchema.nullable().describe('Until then a deletion can be undone; null: it is not deleted'),
    generation: z.number().int().describe('Raised by each change of the tenant itself'),
    endpointCount: z.number().int(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Tenant' });

/** Query of the list of tenants. */
export const tenantsQuerySchema = pageQuerySchema.extend({
  name: plainText(z.string().min(1).max(100))
    .optional()
    .describe('Only tenants whose name begins so, in upper or lower case as far as the catalog knows them'),
  status: tenantStatusSchema.optional().describe('Left out: every one but the deleted'),
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
