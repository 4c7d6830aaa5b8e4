// Schemas of organisations: who owns tenants and API keys.
import { z } from 'zod';
import { createApiKeyReplySchema } from './api-keys.ts';
import { displayNameSchema, organisationIdSchema, pageOf, timeSchema } from './identity.ts';

export const organisationSchema = z
  .object({
    id: organisationIdSchema,
    name: z.string(),
    isOperator: z.boolean().describe('Whether it runs this installation, and may make other organisations'),
    generation: z.number().int().describe('Raised by each change'),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Organisation' });

export const organisationPageSchema = pageOf(organisationSchema).meta({ id: 'OrganisationPage' });

export const createOrganisationBodySchema = z
  .strictObject({ name: displayNameSchema })
  .meta({ id: 'CreateOrganisationBody' });

export const createOrganisationReplySchema = z
  .object({
    organisation: organisationSchema,
    ...createApiKeyReplySchema.shape,
  })
  .describe('The organisation with its first key, which has every scope')
  .meta({ id: 'CreateOrganisationReply' });

export const changeOrganisationBodySchema = z
  .strictObject({ name: displayNameSchema })
  .partial()
  .meta({ id: 'ChangeOrganisationBody' });

export type OrganisationReply = z.output<typeof organisationSchema>;
export type CreateOrganisationReply = z.output<typeof createOrganisationReplySchema>;
